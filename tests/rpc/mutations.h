// From one valid request, all that differ from it in one thing that its .proto forbids. Stateless.
#pragma once

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "shared/rpc/validate.h"
#include "shared/storage/rows/filter.h"
#include "tests/rpc/base_request.h"

namespace vivier::testing {

// One thing wrong, and the one answer to it.
struct Mutation {
  std::string what;   // "cohort.capacity: above its maximum"
  std::string bytes;  // the request
  absl::StatusCode code = absl::StatusCode::kInvalidArgument;
  std::string reason = "INVALID_FIELD";
  std::string field;     // what the BadRequest names, "" for none
  bool of_item = false;  // then the batch answers it as the refusal of its first item
};

class Mutations {
 public:
  static std::vector<Mutation> Of(const pb::Message& base) {
    Mutations mutations(base);
    mutations.Walk(base, {}, "");
    return std::move(mutations.found_);
  }

 private:
  using Step = std::pair<const pb::FieldDescriptor*,
                         int>;  // a message field, and which element when repeated
  using Change = std::function<void(pb::Message& holder)>;

  explicit Mutations(const pb::Message& base) : base_(base) {}

  void Walk(const pb::Message& holder, const std::vector<Step>& steps, const std::string& prefix) {
    for (int i = 0; i < holder.GetDescriptor()->field_count(); ++i) {
      const pb::FieldDescriptor& field = *holder.GetDescriptor()->field(i);
      if (Behaves(field, google::api::OUTPUT_ONLY)) continue;
      steps_ = steps;
      path_ = prefix + field.name();
      if (Behaves(field, google::api::REQUIRED) && !IsUpdated(steps) &&
          !(IsOfItem(steps) && field.name() == "request_id"))
        Add("missing", [&](pb::Message& m) { m.GetReflection()->ClearField(&m, &field); });
      if (field.is_repeated()) {
        TooMany(field);
        path_ += "[0]";
      }
      OneElement(field);
      if (field.cpp_type() != pb::FieldDescriptor::CPPTYPE_MESSAGE || IsDate(field)) continue;
      const pb::Reflection& reflection = *holder.GetReflection();
      std::vector<Step> deeper = steps;
      deeper.emplace_back(&field, 0);
      const std::string inner = path_ + ".";
      if (field.is_repeated() && reflection.FieldSize(holder, &field) > 0)
        Walk(reflection.GetRepeatedMessage(holder, &field, 0), deeper, inner);
      else if (!field.is_repeated() && reflection.HasField(holder, &field))
        Walk(reflection.GetMessage(holder, &field), deeper, inner);
    }
  }

  void OneElement(const pb::FieldDescriptor& field) {
    switch (field.cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return field.type() == pb::FieldDescriptor::TYPE_BYTES ? WrongBytes(field)
                                                               : WrongText(field);
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return Add("no value of its enum", [&](pb::Message& m) {
          if (field.is_repeated())
            return m.GetReflection()->AddEnumValue(&m, &field, 12345), MoveLastToFront(m, field);
          m.GetReflection()->SetEnumValue(&m, &field, 12345);
        });
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return WrongNumber(field, std::numeric_limits<int32_t>::min(),
                           std::numeric_limits<int32_t>::max());
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return WrongNumber(field, std::numeric_limits<int64_t>::min(),
                           std::numeric_limits<int64_t>::max());
      case pb::FieldDescriptor::CPPTYPE_MESSAGE:
        if (IsDate(field)) WrongDate(field);
        return;
      default:
        return;
    }
  }

  void WrongText(const pb::FieldDescriptor& field) {
    const options::v1::Limits& limits = LimitsOf(field);
    const std::string good = BaseText(field);
    if (const int longest = LongestText(field); longest > 0)
      AddText(field, "too long",
              (NamePatternOf(field).empty() ? "" : "schools/nancy/") +
                  std::string(static_cast<size_t>(longest) + 1, 'a'));
    if (!limits.pattern().empty()) {
      const RE2 pattern(limits.pattern());
      for (const char* text : {"!", "\xC3\xA9 ", " @ @ "})
        if (!RE2::FullMatch(text, pattern)) {
          AddText(field, "not of its pattern", text);
          break;
        }
    }
    if (IsUuidField(field)) AddText(field, "no UUID", "0fb0f2ee-1e0b-4f6a-9d55-zzzzzzzzzzzz");
    if (!NamePatternOf(field).empty()) {
      AddText(field, "a name of another shape", good + "/x");
      AddText(field, "a name with an empty segment", good + "//x");
      AddText(field, "a name with an upper-case id",
              "schools/nancy/" + std::string("Cohorts/UPPER"));
    }
    AddText(field, "with a NUL",
            absl::StrCat(good, NamePatternOf(field).empty() ? "" : "/", std::string(1, '\0'), "x"));
    if (NamePatternOf(field).empty()) AddText(field, "with a change of direction", good + "\u202E");
    AddInvalidUtf8(field);
  }

  void WrongBytes(const pb::FieldDescriptor& field) {
    if (LimitsOf(field).max_length() > 0)
      AddText(field, "too many bytes",
              std::string(static_cast<size_t>(LimitsOf(field).max_length()) + 1, 'b'));
  }

  void WrongNumber(const pb::FieldDescriptor& field, int64_t least, int64_t most) {
    const options::v1::Limits& limits = LimitsOf(field);
    if (limits.min() == 0 && limits.max() == 0) return;
    if (limits.min() > least) AddNumber(field, "below its minimum", limits.min() - 1);
    if (limits.min() > least) AddNumber(field, "the least of its type", least);
    if (limits.max() < most) AddNumber(field, "above its maximum", limits.max() + 1);
    if (limits.max() < most) AddNumber(field, "the most of its type", most);
  }

  void WrongDate(const pb::FieldDescriptor& field) {
    const struct {
      const char* what;
      int year, month, day;
    } kDates[] = {{"29 February of no leap year", 2027, 2, 29},
                  {"month 13", 2026, 13, 1},
                  {"no year", 0, 5, 5},
                  {"day 0", 2026, 5, 0},
                  {"negative", -2026, -5, -5},
                  {"after the year 9999", 10'000, 1, 1}};
    for (const auto& date : kDates)
      Add(date.what, [&](pb::Message& m) {
        pb::Message& inner = field.is_repeated()
                                 ? *m.GetReflection()->MutableRepeatedMessage(&m, &field, 0)
                                 : *m.GetReflection()->MutableMessage(&m, &field);
        auto& wrong = static_cast<google::type::Date&>(inner);
        wrong.set_year(date.year);
        wrong.set_month(date.month);
        wrong.set_day(date.day);
      });
  }

  void TooMany(const pb::FieldDescriptor& field) {
    const int most = LimitsOf(field).max_items();
    if (most == 0) return;
    Add("too many", [&](pb::Message& m) {
      const pb::Reflection& reflection = *m.GetReflection();
      while (reflection.FieldSize(m, &field) <= most) {
        if (field.message_type() != nullptr)
          reflection.AddMessage(&m, &field);
        else if (field.enum_type() != nullptr)
          reflection.AddEnumValue(&m, &field, 1);
        else if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING)
          reflection.AddString(&m, &field, "a");
        else
          return void(ADD_FAILURE()
                      << field.full_name() << " repeats a type that no request repeated before");
      }
    });
  }

  // As long as the adapter lets it be: its own limit, or the house's for names, filters, tokens and
  // etags.
  static int LongestText(const pb::FieldDescriptor& field) {
    if (LimitsOf(field).max_length() > 0) return LimitsOf(field).max_length();
    if (field.name() == "filter") return storage::kFilterLengthMax;
    if (field.name() == "order_by") return storage::kOrderLengthMax;
    if (field.name() == "page_token" || field.name() == "etag") return rpc::kPageTokenLengthMax;
    return field.options().HasExtension(google::api::resource_reference) ||
                   field.name() == "name" || field.name() == "parent"
               ? rpc::kNameLengthMax
               : 0;
  }

  std::string BaseText(const pb::FieldDescriptor& field) const {
    const std::string pattern = NamePatternOf(field);
    return pattern.empty() ? "x1" : BaseRequest::Name(pattern);
  }

  void AddText(const pb::FieldDescriptor& field, const std::string& what, const std::string& text) {
    Add(what, [&](pb::Message& m) {
      if (!field.is_repeated()) return m.GetReflection()->SetString(&m, &field, text);
      m.GetReflection()->AddString(&m, &field, text);
      MoveLastToFront(m, field);
    });
  }

  static void MoveLastToFront(pb::Message& holder, const pb::FieldDescriptor& field) {
    const int size = holder.GetReflection()->FieldSize(holder, &field);
    if (size > 1) holder.GetReflection()->SwapElements(&holder, &field, 0, size - 1);
  }

  void AddNumber(const pb::FieldDescriptor& field, const std::string& what, int64_t number) {
    if (number == 0 && Behaves(field, google::api::REQUIRED)) return;  // the same as missing
    Add(what, [&](pb::Message& m) {
      if (field.cpp_type() == pb::FieldDescriptor::CPPTYPE_INT64)
        return m.GetReflection()->SetInt64(&m, &field, number);
      m.GetReflection()->SetInt32(&m, &field, static_cast<int32_t>(number));
    });
  }

  // Protobuf's own setters would complain, so the bytes of a text that is in no message are
  // replaced.
  void AddInvalidUtf8(const pb::FieldDescriptor& field) {
    const std::string marker = "INVALIDUTF8",
                      invalid = "\xC3\x28\xFF\xFE\x80\xED\xA0\x80\xC0\xAF\x80";
    AddText(field, "no UTF-8", marker);
    Mutation& last = found_.back();
    last.bytes.replace(last.bytes.find(marker), marker.size(), invalid);
    last.reason = "MALFORMED_REQUEST";
    last.field = "";
    last.of_item = false;  // the bytes as a whole are no message
  }

  static bool IsOfItem(const std::vector<Step>& steps) {
    return !steps.empty() && steps.front().first->name() == "requests";
  }

  // What is missing there stays as it is.
  static bool IsUpdated(const std::vector<Step>& steps) {
    if (steps.empty()) return false;
    const pb::Descriptor& request = *steps.back().first->containing_type();
    return request.FindFieldByName("update_mask") != nullptr &&
           request.FindFieldByName("allow_missing") == nullptr;
  }

  void Add(const std::string& what, const Change& change) {
    std::unique_ptr<pb::Message> request(base_.New());
    request->CopyFrom(base_);
    pb::Message* holder = request.get();
    for (const auto& [field, index] : steps_)
      holder = field->is_repeated()
                   ? holder->GetReflection()->MutableRepeatedMessage(holder, field, index)
                   : holder->GetReflection()->MutableMessage(holder, field);
    change(*holder);
    Mutation mutation;
    mutation.what = absl::StrCat(path_, ": ", what);
    mutation.bytes = request->SerializeAsString();
    mutation.field = path_;
    mutation.of_item = IsOfItem(steps_);
    found_.push_back(std::move(mutation));
  }

  const pb::Message& base_;
  std::vector<Step> steps_;
  std::string path_;
  std::vector<Mutation> found_;
};

}  // namespace vivier::testing
