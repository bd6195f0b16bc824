#include "shared/service/service.h"

#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "google/api/resource.pb.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/service/catalogue.h"
#include "shared/service/method.h"
#include "shared/service/rights.h"
#include "shared/service/standard.h"
#include "shared/service/time_zone.h"
#include "vivier/options/v1/operation.pb.h"
#include "vivier/options/v1/options.pb.h"
#include "vivier/options/v1/service.pb.h"

namespace vivier::rpc {

namespace pb = google::protobuf;

namespace {

// Keeps what those of the producers announce that are not `service` itself.
template <class Event>
void KeepFrom(const std::vector<std::string>& producers, const std::string& service,
              absl::Status (*store)(storage::Unit&, const Event&),
              std::vector<Service::EventReaction>& reactions) {
  for (const std::string& producer : producers) {
    if (producer == service) continue;
    reactions.push_back(
        {Event::descriptor(), producer, [store](Call& call, const pb::Message& event) {
           return store(call.unit(), static_cast<const Event&>(event));
         }});
  }
}

// "cohort_seats: held, taken; cohorts: state"
void AddRelations(const std::string& invariant, const std::string& columns,
                  std::vector<Relation>& relations) {
  for (const absl::string_view part : absl::StrSplit(columns, "; ", absl::SkipEmpty())) {
    const std::pair<std::string, std::string> split =
        absl::StrSplit(part, absl::MaxSplits(": ", 1));
    relations.push_back({invariant, split.first, absl::StrSplit(split.second, ", ")});
  }
}

}  // namespace

Description::Description(const std::string& name) : name_(name), methods_(MethodsOf(name)) {}

Service::Service(const std::string& name) : Description(name) {
  if (methods_.empty()) errors_.push_back(absl::StrCat("no .proto declares the service ", name));
  KeepFrom(RightsProducers(), name_, &StoreRights, reactions_);
  KeepFrom(ServicesWith(options::v1::keeps_time_zone), name_, &StoreTimeZone, reactions_);
}

Service& Service::Add(const pb::Descriptor* request, const pb::Descriptor* response,
                      Handler handler) {
  for (const pb::MethodDescriptor* method : methods_) {
    if (method->input_type() != request) continue;
    if (method->output_type() != response)
      errors_.push_back(
          absl::StrCat(method->full_name(), " answers another type than its handler"));
    handlers_.emplace_back(request, std::move(handler));
    return *this;
  }
  errors_.push_back(absl::StrCat("no rpc takes a ", request->full_name()));
  return *this;
}

// Its handler is the one that the preparation gives, for who has no worker to prepare it on.
Service& Service::AddOperation(const pb::Descriptor* request, Operation operation) {
  const pb::MethodDescriptor* method = MethodTaking(*request);
  absl::StatusOr<rpc::Method> described =
      method == nullptr ? NotFound(request->full_name()) : Describe(method);
  if (!described.ok()) {
    errors_.push_back(std::string(described.status().message()));
    return *this;
  }
  if (const std::string wrong = Misfit(*method, operation); !wrong.empty())
    errors_.push_back(absl::StrCat(method->full_name(), " ", wrong));
  const Preparation prepare = BeginningOf(*std::move(described), operation);
  operations_[method->full_name()] = std::move(operation);
  preparations_[request] = prepare;
  return Add(
      request, method->output_type(),
      [prepare](Call& call, const pb::Message& asked, pb::Message& response) -> absl::Status {
        ASSIGN_OR_RETURN(const Handler handler, prepare(asked));
        return handler(call, asked, response);
      });
}

Service& Service::AddStandard(const storage::Schema& schema, AnyBeforeStore complete) {
  schemas_.push_back(&schema);
  for (const pb::MethodDescriptor* method : methods_)
    if (Handler handler = StandardHandler(*method, schema, complete))
      standard_.emplace_back(method->input_type(), std::move(handler));
  return *this;
}

Service& Service::AddReaction(const pb::Descriptor* event, Reaction reaction) {
  if (!event->options().HasExtension(options::v1::event))
    errors_.push_back(absl::StrCat(event->full_name(), " is not declared as an event"));
  reactions_.push_back({event, ServiceOf(event->file()), std::move(reaction)});
  return *this;
}

Service& Service::Holds(const std::string& invariant, const std::string& counted,
                        const std::string& broken) {
  return Holds(
      invariant, [counted, broken](storage::Transaction& transaction) -> absl::StatusOr<Breaches> {
        const storage::Value school = transaction.school();
        ASSIGN_OR_RETURN(storage::Result count, transaction.connection().Query(counted, {school}));
        // One row tells what is wrong; the others are counted where they are.
        ASSIGN_OR_RETURN(
            storage::Result first,
            transaction.connection().Query(
                absl::StrCat("SELECT * FROM (", broken, ") AS broken LIMIT 1"), {school}));
        Breaches breaches{std::get<int64_t>(count.rows[0][0]), 0, "", ""};
        if (first.rows.empty()) return breaches;
        ASSIGN_OR_RETURN(
            storage::Result violations,
            transaction.connection().Query(
                absl::StrCat("SELECT COUNT(*) FROM (", broken, ") AS broken"), {school}));
        breaches.violations = std::get<int64_t>(violations.rows[0][0]);
        breaches.first_row = std::get<std::string>(first.rows[0][0]);
        breaches.explanation = std::get<std::string>(first.rows[0][1]);
        return breaches;
      });
}

Service& Service::Follows(const std::string& invariant, const std::string& columns,
                          const std::string& broken) {
  AddRelations(invariant, columns, relations_);
  const std::string table = columns.substr(0, columns.find(':'));
  return Holds(invariant, absl::StrCat("SELECT COUNT(*) FROM ", table, " WHERE school = $1"),
               broken);
}

Service& Service::Follows(const std::string& invariant, const std::string& columns,
                          InvariantCheck check) {
  AddRelations(invariant, columns, relations_);
  return Holds(invariant, std::move(check));
}

Service& Service::Claim(const std::string& invariant, const std::string& kind, Knows knows,
                        const std::string& columns, const std::string& claims) {
  return Claim(invariant, kind, knows, columns,
               [claims](storage::Transaction& transaction) -> absl::StatusOr<Claims> {
                 ASSIGN_OR_RETURN(storage::Result rows,
                                  transaction.connection().Query(
                                      claims, {storage::Value(transaction.school())}));
                 Claims found;
                 for (const storage::Row& row : rows.rows)
                   found[std::get<std::string>(row[0])] = std::get<std::string>(row[1]);
                 return found;
               });
}

Service& Service::Claim(const std::string& invariant, const std::string& kind, Knows knows,
                        const std::string& columns, ClaimsOf claims) {
  AddRelations(invariant, columns, relations_);
  claims_.push_back({invariant, kind, knows, std::move(claims)});
  return *this;
}

absl::StatusOr<std::vector<Description::Method>> Description::Build() const {
  std::vector<std::string> errors = errors_;
  std::map<const pb::Descriptor*, Handler> by_request;
  for (const auto& [request, handler] : handlers_)
    if (!by_request.emplace(request, handler).second)
      errors.push_back(absl::StrCat("two handlers for ", request->full_name()));
  for (const auto& [request, handler] : standard_) by_request.emplace(request, handler);
  std::vector<Method> methods;
  for (const pb::MethodDescriptor* method : methods_) {
    auto handler = by_request.find(method->input_type());
    if (handler == by_request.end() && BatchShapeOf(*method).has_value()) {
      methods.push_back(
          {method, nullptr, nullptr, nullptr, nullptr});  // its items are served as the single rpc
      continue;
    }
    if (handler == by_request.end()) {
      errors.push_back(absl::StrCat(method->full_name(), " has no handler"));
      continue;
    }
    const auto prepare = preparations_.find(method->input_type());
    if (method->options().HasExtension(options::v1::operation) && prepare == preparations_.end())
      errors.push_back(absl::StrCat(method->full_name(), " is declared as an operation"));
    const auto go_on = go_on_.find(method->input_type());
    if (method->server_streaming() != (go_on != go_on_.end()))
      errors.push_back(
          absl::StrCat(method->full_name(), " streams, or its handler does, not both"));
    const auto foresee = foresights_.find(method->input_type());
    methods.push_back({method, handler->second,
                       prepare == preparations_.end() ? nullptr : prepare->second,
                       foresee == foresights_.end() ? nullptr : foresee->second,
                       go_on == go_on_.end() ? nullptr : go_on->second});
  }
  if (!errors.empty())
    return Error(absl::StatusCode::kFailedPrecondition, "SCHEMA_DRIFT",
                 absl::StrJoin(errors, "; "));
  return methods;
}

}  // namespace vivier::rpc
