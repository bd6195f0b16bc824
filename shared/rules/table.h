// A rule table: one key, decisions whose first matching row answers, parameters with the days from
// which they hold, and the cases that prove them. The text of it (reader.h reads it):
//
//   key        R-tutor                       the name of the rule everywhere
//   title      Who may follow a learner
//   source     Code du travail, D.6325-9     the law or standard
//   confirmed  not yet confirmed             or the role that confirmed it; never a person's name
//   review     2027-06-30                    who cares for the rule looks again by that day
//   valid      2019-01-01 ..                 or `always`
//   code       what cannot be rows, and where it stands; the line may be repeated
//
//   facts                                    what is asked: name | type | meaning
//     employer  | boolean                    | the tutor is the employer
//     learners  | integer                    | followed already
//     purpose   | text: TITLE, BLOCK         | a text of a closed list
//   answers                                  what is said: name | type | meaning
//     finding   | text: TUTOR_LOAD           |
//     message   | words                      | {learners} stands for the fact or parameter
//   parameters                               figures that rows and code use
//     name        | type    | value | valid
//     learners_max | integer | 3    | 2019-01-01 ..
//   decide load                              the facts' columns, then the answers'
//     employer | learners       | finding    | message
//     yes      | >= 2           | TUTOR_LOAD | at most two
//     *        | >= learners_max | TUTOR_LOAD | at most {learners_max}
//   cases load                               a fact without a column is unknown; `-`: no row
//     on         | employer | learners | finding
//     2026-09-01 | no       | 2        | -
//
// A condition is `*` (anything, also what is not known), `unknown`, `known`, `yes`, `no`, a value
// or several with commas (any of them), `not A, B` (known and none of them), `< 5`, `<= 5`, `> 5`,
// `>= 5`, `5 .. 9` (both ends included), `begins 71, 72` (a text), `has A, B` (a set with one of
// them), `lacks A, B` (a set with none). A bound may be a parameter. What is not known satisfies
// only `*` and `unknown`. Rows of parameters and decisions may have columns `valid`, `source`,
// `confirmed` and `review` of their own. A line that begins with # is a remark.
//
// Plain data, immutable once read; thread-safe.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "shared/rules/value.h"

namespace vivier::rules {

// Where something stands in the text; both count from 1, columns in characters.
struct Place {
  int line = 0;
  int column = 0;
};

// Days since 1970; both ends belong to it.
struct Validity {
  int64_t from = std::numeric_limits<int64_t>::min();
  int64_t until = std::numeric_limits<int64_t>::max();

  bool Contains(int64_t day) const { return from <= day && day <= until; }
  bool operator==(const Validity& other) const = default;
};
// "2019-01-01 .. 2024-12-31", "always".
std::string ToString(const Validity& validity);

// Who says so, and until when that may be believed unread.
struct Origin {
  std::string source;
  std::string confirmed;
  std::optional<absl::CivilDay> review;
};

// A fact or an answer.
struct Field {
  std::string name;
  Type type = Type::kText;
  std::vector<std::string> domain;  // the texts that it may be; empty: any
  std::string meaning;
  Place place;
};

struct Version {
  Value value;
  Validity valid;
  Origin origin;
  Place place;
};

struct Parameter {
  std::string name;
  Type type = Type::kInteger;
  std::vector<Version> versions;  // in the order of the text
};

// A value, or a parameter's on the day that is asked for.
struct Operand {
  Value value;
  int parameter = -1;
};

struct Condition {
  enum Kind { kAny, kUnknown, kKnown, kIn, kNotIn, kRange, kBegins, kHas, kLacks };
  // One end of a range; an open one does not belong to it: < and >.
  struct Bound {
    Operand operand;
    bool open = false;
  };
  Kind kind = kAny;
  std::vector<Operand> operands;  // of all kinds but kRange
  std::optional<Bound> low, high;
  Place place;
};

struct Row {
  Place place;
  Validity valid;  // within the table's
  Origin origin;
  std::vector<Condition> conditions;  // as Decision::facts
  std::vector<Value> answers;         // as Decision::answers
};

struct Case {
  // What is expected of an answer, or of a parameter; nullopt: that no row matches.
  struct Expected {
    int answer = -1;
    int parameter = -1;
    std::optional<Value> value;
  };
  Place place;
  int64_t day = 0;
  std::vector<Value> facts;  // as Table::facts
  std::vector<Expected> expected;
};

struct Decision {
  std::string name;  // "" where the table has one
  Place place;
  std::vector<int> facts, answers;  // indices of the table's
  std::vector<Row> rows;
  std::vector<Case> cases;
};

struct Table {
  std::string key;
  std::string title;
  Origin origin;
  Validity valid;
  std::vector<std::string> code;
  std::vector<Field> facts, answers;
  std::vector<Parameter> parameters;
  std::vector<Decision> decisions;
  std::vector<Case> parameter_cases;  // `cases parameters`
  std::string hash;                   // SHA-256 of the text, hexadecimal: sha256sum of the file

  // Indices; -1 where there is none.
  int FactIndex(absl::string_view name) const;
  int AnswerIndex(absl::string_view name) const;
  int ParameterIndex(absl::string_view name) const;
  const Decision* FindDecision(absl::string_view name) const;
};

}  // namespace vivier::rules
