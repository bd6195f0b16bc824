#include "tests/walls/costly_requests.h"

#include <algorithm>
#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "google/api/resource.pb.h"
#include "shared/base/error.h"
#include "shared/base/message.h"
#include "shared/base/uuid.h"
#include "shared/security/roles.h"
#include "shared/storage/rows/filter.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::testing {
namespace {

namespace pb = google::protobuf;
using Request = std::shared_ptr<pb::Message>;

constexpr int kPageSize = 500;  // the largest that is taken
constexpr int kYear = 2027;     // in which the story's cohort begins
// From far behind: so many pages are turned before.
constexpr int kPagesTurned = 60;

const pb::FieldDescriptor* Field(const pb::Message& message, const std::string& name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

void SetText(pb::Message& message, const std::string& field, const std::string& text) {
  message.GetReflection()->SetString(&message, Field(message, field), text);
}

std::string Text(const pb::Message& message, const std::string& field) {
  return message.GetReflection()->GetString(message, Field(message, field));
}

void SetAt(pb::Message& message, const rpc::FieldPath& path, const std::string& text) {
  pb::Message* holder = &message;
  for (size_t i = 0; i + 1 < path.size(); ++i)
    holder = holder->GetReflection()->MutableMessage(holder, path[i]);
  holder->GetReflection()->SetString(holder, path.back(), text);
}

Request Copy(const pb::Message& request) {
  Request copy(request.New());
  copy->CopyFrom(request);
  return copy;
}

// Its values in a filter: one that the first row has, and others that no row has.
struct Values {
  std::string some;
  std::vector<std::string> none;
};

std::string Quoted(absl::string_view text) { return absl::StrCat("\"", text, "\""); }

std::string TwoDigits(int number) { return absl::StrCat(number < 10 ? "0" : "", number); }

std::string DateText(const pb::Message& date) {
  const auto part = [&date](const char* name) {
    return date.GetReflection()->GetInt32(date, Field(date, name));
  };
  return absl::StrCat(part("year"), "-", TwoDigits(part("month")), "-", TwoDigits(part("day")));
}

Values ValuesOf(const pb::Message* row, const std::string& name) {
  Values values;
  const pb::FieldDescriptor* field = row == nullptr ? nullptr : Field(*row, name);
  if (field != nullptr && field->type() == pb::FieldDescriptor::TYPE_ENUM) {
    values.some = Quoted(row->GetReflection()->GetEnum(*row, field)->name());
    for (int i = 0; i < field->enum_type()->value_count(); ++i)
      if (Quoted(field->enum_type()->value(i)->name()) != values.some)
        values.none.push_back(Quoted(field->enum_type()->value(i)->name()));
    return values;
  }
  const bool is_date = field != nullptr && field->message_type() != nullptr &&
                       field->message_type()->full_name() == "google.type.Date";
  const bool is_time = field != nullptr && field->message_type() != nullptr && !is_date;
  for (size_t i = 10; i < 10 + storage::kFilterValuesMax; ++i)
    values.none.push_back(Quoted(is_date   ? absl::StrCat("19", i, "-01-01")
                                 : is_time ? absl::StrCat("19", i, "-01-01T00:00:00Z")
                                           : absl::StrCat("x", i)));
  if (is_date) values.some = Quoted(DateText(row->GetReflection()->GetMessage(*row, field)));
  if (field != nullptr && field->type() == pb::FieldDescriptor::TYPE_STRING)
    values.some = Quoted(row->GetReflection()->GetString(*row, field));
  return values;
}

// field = a OR field = b …, as many as fit.
std::string AnyOf(const std::string& field, const std::vector<std::string>& values, size_t length) {
  std::string text = "(";
  for (const std::string& value : values) {
    const std::string one = absl::StrCat(text.size() > 1 ? " OR " : "", field, " = ", value);
    if (text.size() + one.size() + 1 > length) break;
    absl::StrAppend(&text, one);
  }
  return text + ")";
}

class Search {
 public:
  Search(const Asker& asker, const Ask& ask) : asker_(asker), ask_(ask) {
    caller_.roles = {asker.role};
    caller_.schools = {"nancy"};
    if (security::ActsForOne(asker.role)) caller_.kind = security::Caller::Kind::kPartner;
  }

  std::vector<Costly> Run() {
    for (const std::string& service : rpc::TradeServices())
      for (const pb::MethodDescriptor* method : rpc::MethodsOf(service)) {
        const auto described = rpc::Describe(method);
        if (!described.ok() || method->server_streaming() ||
            !security::Allows(caller_, described->permission, "nancy"))
          continue;
        if (!described->writes) Reads(*described);
        if (described->batch.has_value()) Batches(*described);
        if (described->writes && !described->batch.has_value()) Writes(*described);
      }
    std::stable_sort(found_.begin(), found_.end(), [](const Costly& a, const Costly& b) {
      return a.milliseconds > b.milliseconds;
    });
    return std::move(found_);
  }

 private:
  // Asks once, and keeps it; what is slow is asked again, for something else may have been slow.
  const Answer& Try(const rpc::Method& method, const std::string& what, const Request& request) {
    Costly costly{method.descriptor, what, request, "", 0};
    for (int i = 0; i < 2; ++i) {
      const absl::Time start = absl::Now();
      answer_ = ask_(costly);
      const double took = absl::ToDoubleMilliseconds(absl::Now() - start);
      costly.milliseconds = i == 0 ? took : std::min(costly.milliseconds, took);
    }
    costly.outcome = OutcomeOf(answer_.status());
    found_.push_back(std::move(costly));
    return answer_;
  }

  Request RequestFor(const rpc::Method& method, const std::string& name) const {
    Request request(NewMessage(method.descriptor->input_type()));
    SetAt(*request, method.target, name);
    if (const auto* year = Field(*request, "year"))
      request->GetReflection()->SetInt32(request.get(), year, kYear);
    if (method.validate_only != nullptr)
      request->GetReflection()->SetBool(request.get(), method.validate_only, true);
    if (const auto* size = Field(*request, "page_size"))
      request->GetReflection()->SetInt32(request.get(), size, kPageSize);
    return request;
  }

  void Reads(const rpc::Method& method) {
    for (const std::string& name : asker_.names) {
      const Request request = RequestFor(method, name);
      const Answer answer = Try(method, "of " + name, request);
      if (!answer.ok() && !absl::IsResourceExhausted(answer.status())) {
        found_.pop_back();
      } else if (Field(*request, "filter") != nullptr) {
        Lists(method, *request, answer);
      }
    }
  }

  void With(const rpc::Method& method, const pb::Message& request, const std::string& order,
            const std::string& filter) {
    const Request asked = Copy(request);
    SetText(*asked, "filter", filter);
    if (!order.empty()) SetText(*asked, "order_by", order);
    Try(method,
        absl::StrCat("by ", order.empty() ? "name" : order, " where ", filter.substr(0, 60)),
        asked);
  }

  // What the site says itself.
  std::vector<std::string> FieldsOf(const rpc::Method& method, const pb::Message& request) {
    const Request asked = Copy(request);
    SetText(*asked, "filter", "no_such_field = \"x\"");
    for (const auto& [key, value] :
         MetadataOf(Try(method, "by a field that is none", asked).status()))
      if (key == "allowed") return absl::StrSplit(value, ", ");
    return {};
  }

  void Lists(const rpc::Method& method, const pb::Message& request, const Answer& answer) {
    const std::unique_ptr<pb::Message> page = NewMessage(method.descriptor->output_type());
    if (answer.ok()) page->ParseFromString(*answer);
    const pb::FieldDescriptor* rows = page->GetDescriptor()->field(0);
    const pb::Message* row = page->GetReflection()->FieldSize(*page, rows) == 0
                                 ? nullptr
                                 : &page->GetReflection()->GetRepeatedMessage(*page, rows, 0);
    std::map<std::string, Values> fields;
    for (const std::string& field : FieldsOf(method, request))
      if (field != "name") fields[field] = ValuesOf(row, field);
    const bool in_order = Field(request, "order_by") != nullptr;
    With(method, request, in_order ? "name desc" : "", "");
    LongestFilters(method, request, fields);
    for (const auto& [field, values] : fields) {
      for (const auto& [other, of_other] : fields) {
        if (in_order)  // goes through the whole of one field for nothing of another
          With(method, request, field + " desc", absl::StrCat(other, " = ", of_other.none[0]));
        if (other != field && !values.some.empty())
          With(method, request, "",
               absl::StrCat(field, " = ", values.some, " AND ", other, " = ", of_other.none[0]));
      }
      if (in_order) With(method, request, field, "");
      With(method, request, "", absl::StrCat(field, " > ", values.none[0]));  // is refused
    }
    Deep(method, request, page.get());
  }

  void LongestFilters(const rpc::Method& method, const pb::Message& request,
                      const std::map<std::string, Values>& fields) {
    std::vector<std::string> clauses, names;
    for (const auto& [field, values] : fields) {
      clauses.push_back(AnyOf(field, values.none, storage::kFilterLengthMax / fields.size() - 10));
      With(method, request, "", AnyOf(field, values.none, storage::kFilterLengthMax));
      std::vector<std::string> all = values.none;
      if (!values.some.empty()) all.insert(all.begin(), values.some);
      if (all.size() > storage::kFilterValuesMax) all.pop_back();
      With(method, request, "", AnyOf(field, all, storage::kFilterLengthMax));
    }
    const std::string longest = absl::StrJoin(clauses, " AND ");
    if (!longest.empty()) With(method, request, "", longest);
    for (const auto& [field, values] : fields)
      if (Field(request, "order_by") != nullptr) With(method, request, field + " desc", longest);
    for (int i = 0; i < storage::kFilterLengthMax; ++i) names.push_back(Quoted(absl::StrCat(i)));
    With(method, request, "", AnyOf("name", names, storage::kFilterLengthMax));
    With(method, request, "", AnyOf("name", names, 2 * storage::kFilterLengthMax));  // is refused
  }

  // The page behind many others.
  void Deep(const rpc::Method& method, const pb::Message& request, pb::Message* page) {
    const Request asked = Copy(request);
    for (int i = 0; i < kPagesTurned; ++i) {
      const std::string token = Text(*page, "next_page_token");
      if (token.empty()) break;
      SetText(*asked, "page_token", token);
      const Answer answer = ask_({method.descriptor, "", asked, "", 0});
      if (!answer.ok() || !page->ParseFromString(*answer)) break;
    }
    if (!Text(*asked, "page_token").empty()) Try(method, "from far behind", asked);
    SetText(*asked, "page_token", "bm8gdG9rZW4");
    Try(method, "with a token that is none", asked);
  }

  // As many items as a batch takes, of resources that are there.
  void Batches(const rpc::Method& method) {
    const auto single = rpc::Describe(method.batch->single);
    for (const std::string& parent : asker_.names)
      for (const bool trial : {true, false}) {
        const Request request = RequestFor(method, parent);
        if (method.validate_only != nullptr)
          request->GetReflection()->SetBool(request.get(), method.validate_only, trial);
        for (int i = 1; i <= rpc::kBatchItemsMax; ++i) {
          pb::Message* item =
              request->GetReflection()->AddMessage(request.get(), method.batch->requests);
          SetAt(*item, single->target, absl::StrCat(parent, "/", PluralOf(*single), "/crowd-", i));
          if (const auto* minutes = Field(*item, "minutes_present"))
            item->GetReflection()->SetInt32(item, minutes, 210);
        }
        Try(method, absl::StrCat("of ", parent, trial ? ", a trial" : ""), request);
        if (absl::StartsWith(found_.back().outcome, "INVALID")) found_.pop_back();
      }
  }

  static std::string PluralOf(const rpc::Method& single) {
    return single.target_schema == nullptr ? "x"
                                           : single.target_schema->descriptor()
                                                 ->options()
                                                 .GetExtension(google::api::resource)
                                                 .plural();
  }

  // A trial of a single write, as large as it may be: what fills it is a field's or nobody's.
  void Writes(const rpc::Method& method) {
    for (const std::string& name : asker_.names) {
      const Request request = RequestFor(method, name);
      const auto room = static_cast<size_t>(method.request_bytes_max) - 2048;
      const pb::FieldDescriptor* content = Field(*request, "content");
      if (content != nullptr) {
        std::string text = "<lheo>";
        while (text.size() + 8 < room) text += "<a>x</a>";
        request->GetReflection()->SetString(request.get(), content, text);
      } else {
        request->GetReflection()
            ->MutableUnknownFields(request.get())
            ->AddLengthDelimited(1999, std::string(room, 'x'));
      }
      Try(method, absl::StrCat("of ", name, ", as large as it may be"), request);
    }
  }

  const Asker& asker_;
  const Ask& ask_;
  security::Caller caller_;
  std::vector<Costly> found_;
  Answer answer_;  // the last one
};

}  // namespace

std::string Costly::Bytes() const {
  const pb::FieldDescriptor* id = Field(*request, "request_id");
  if (id == nullptr) return request->SerializeAsString();
  const Request anew = Copy(*request);
  SetText(*anew, "request_id", RandomUuid());
  return anew->SerializeAsString();
}

std::string Costly::service() const { return rpc::ServiceOf(method->file()); }

std::vector<Costly> CostlyRequests(const Asker& asker, const Ask& ask) {
  return Search(asker, ask).Run();
}

std::string OutcomeOf(const absl::Status& status) {
  if (status.ok()) return "OK";
  std::string outcome =
      absl::StrCat(absl::StatusCodeToString(status.code()), " ", ReasonOf(status));
  for (const auto& [key, value] : MetadataOf(status))
    if (key == "queue") absl::StrAppend(&outcome, " ", value);
  if (absl::IsInternal(status)) absl::StrAppend(&outcome, " ", status.message());
  return outcome;
}

}  // namespace vivier::testing
