// How a service is put together: which function serves which rpc, reacts to which event, and runs
// when. The rpc is found from the handler's request type (every request message serves exactly one
// rpc), the producer of an event from its package; so no name is typed twice. Build() fails, and
// with it the start, when a declared rpc has no handler or no permission, or a handler no rpc.
//
//   void Selection::AddTo(rpc::Service& service) {
//     service.Standard(applications_)  // Get, List, Create … as far as declared
//         .On(*this, &Selection::SubmitApplication)
//         .Operate(*this, &PlanImport, &Selection::CheckImport, &Selection::ImportRows);
//   }
//   void Admission::AddTo(rpc::Service& service) {
//     service.On(*this, &Admission::AdmitApplication)
//         .React(*this, &Admission::OnSeatFunded)
//         .Tick(*this, &Admission::ExpireHold, applications(), "funding_by");
//   }
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "google/protobuf/message.h"
#include "shared/service/call.h"
#include "shared/service/operation.h"
#include "shared/service/outside.h"
#include "shared/storage/log/table.h"
#include "vivier/security/v1/membership_secret.pb.h"

namespace vivier::rpc {

using Reaction = std::function<absl::Status(Call&, const google::protobuf::Message& event)>;

// Makes of a request and its answer, one message of a stream, the request for the next message;
// false where that was the last one.
using GoOn = std::function<bool(const google::protobuf::Message& answer,
                                google::protobuf::Message& request)>;

// What happens to a resource before a standard method stores it: `before` is null at its creation.
// It may complete `after` (states, defaults) and emit.
template <class M>
using BeforeStore = std::function<absl::Status(Call&, const M* before, M& after)>;
using AnyBeforeStore = std::function<absl::Status(Call&, const google::protobuf::Message* before,
                                                  google::protobuf::Message& after)>;

// Runs `handle` in a transaction of its own for each row whose time in `due_column` is at or before
// now; the handler reads the row again and must move that time, so a row that changed meanwhile is
// not touched.
struct TickRow {
  std::string name;
  const storage::Schema* schema;
  std::string due_column;
  std::function<absl::Status(Call&, const std::string& name)> handle;
};

// An invariant of docs/invariants.md over a service's data, evaluated on a read snapshot.
struct Breaches {
  int64_t checked = 0;
  int64_t violations = 0;
  std::string first_row;    // its name, or table and key
  std::string explanation;  // what is wrong with it

  // Counts one more; the first one is named.
  void Add(std::string row, std::string why) {
    if (violations++ > 0) return;
    first_row = std::move(row);
    explanation = std::move(why);
  }
};
using InvariantCheck = std::function<absl::StatusOr<Breaches>(storage::Transaction&)>;
struct Invariant {
  std::string id;  // "I1"
  InvariantCheck check;
};

// Columns that follow from other rows, which the check of the invariant compares. What they follow
// from, the table's .proto says (vivier/options/v1/follows.proto). The column `name` stands for the
// rows themselves: that each is there, and no other is.
struct Relation {
  std::string invariant;  // "I16"
  std::string table;
  std::vector<std::string> columns;
};

// What this service holds to be true of something that another service keeps too, as subject →
// value: `verify` compares the services' claims of one kind where their logs stand alike. Who knows
// all of a kind must know what any other claims; of what some know, only the values are compared.
using Claims = std::map<std::string, std::string>;
using ClaimsOf = std::function<absl::StatusOr<Claims>(storage::Transaction&)>;
enum class Knows { kAll, kSome };
struct Claiming {
  std::string invariant;  // "I17"
  std::string kind;       // "rights"
  Knows knows;
  ClaimsOf claims;
};

// A table whose rows have names that follow from the school's key: `rename` gives one that it finds
// under another key than the current one its name under that, or deletes it (shared/rotation). It
// refuses before it writes anything.
struct Renaming {
  const storage::Schema* schema;
  std::function<absl::Status(Call&, const google::protobuf::Message& row)> rename;
};

// How a school becomes known at a target of its deliveries, and stays so: `join` shows the code
// that the target gave, `renew` the secret that it had. With the same outside.id() either answers
// the same again.
struct Joining {
  using Ask = std::function<absl::StatusOr<security::v1::MembershipSecret>(const Outside&)>;
  Ask join, renew;
  // Whether the target still takes the secret; nothing is stored there.
  std::function<absl::Status(const Outside&)> stands;
};

// What a service consists of, as its site reads it: made by Service, then immutable, hence
// thread-safe.
class Description {
 public:
  struct Method {
    const google::protobuf::MethodDescriptor* descriptor;
    Handler handler;
    Preparation prepare;  // where it is there, it gives the handler of each request
    Foresight foresee;    // the same
    GoOn go_on;           // of a stream of answers
  };
  struct EventReaction {
    const google::protobuf::Descriptor* event;
    std::string producer;  // the service whose log has the event
    Reaction reaction;
  };

  struct EventDelivery {
    const google::protobuf::Descriptor* event;
    std::function<absl::Status(const Outside&, const google::protobuf::Message& event)> deliver;
  };

  // Every declared rpc with its handler, or what is wrong.
  absl::StatusOr<std::vector<Method>> Build() const;

  // Every rpc that the package declares.
  const std::vector<const google::protobuf::MethodDescriptor*>& methods() const { return methods_; }
  const std::string& name() const { return name_; }  // "enrolment"
  const std::vector<EventReaction>& reactions() const { return reactions_; }
  const std::vector<EventDelivery>& deliveries() const { return deliveries_; }
  const Joining& joining() const { return joining_; }  // empty where it delivers nothing
  const std::map<std::string, Operation>& operations() const {
    return operations_;
  }  // by the rpc's full name
  const std::vector<TickRow>& ticks() const { return ticks_; }
  const std::vector<const storage::Schema*>& schemas() const { return schemas_; }
  const std::vector<Invariant>& invariants() const { return invariants_; }
  const std::vector<Claiming>& claims() const { return claims_; }
  const std::vector<Relation>& relations() const { return relations_; }
  const std::vector<Renaming>& renamings() const { return renamings_; }

 protected:
  explicit Description(const std::string& name);

  std::string name_;
  std::vector<const google::protobuf::MethodDescriptor*> methods_;
  std::vector<std::pair<const google::protobuf::Descriptor*, Handler>>
      handlers_;  // by request type
  std::vector<std::pair<const google::protobuf::Descriptor*, Handler>>
      standard_;  // used where no handler is given
  std::map<std::string, Operation> operations_;
  std::map<const google::protobuf::Descriptor*, Preparation> preparations_;  // by request type
  std::map<const google::protobuf::Descriptor*, Foresight> foresights_;      // by request type
  std::map<const google::protobuf::Descriptor*, GoOn> go_on_;                // by request type
  std::vector<EventReaction> reactions_;
  std::vector<EventDelivery> deliveries_;
  Joining joining_;
  std::vector<TickRow> ticks_;
  std::vector<const storage::Schema*> schemas_;
  std::vector<Invariant> invariants_;
  std::vector<Claiming> claims_;
  std::vector<Relation> relations_;
  std::vector<Renaming> renamings_;
  std::vector<std::string> errors_;
};

// Puts a service together, one call for each thing that it does.
class Service : public Description {
 public:
  // The service of that name: the gRPC services of its package, which its parts serve together.
  explicit Service(const std::string& name);

  template <class Owner, class Request, class Response>
  Service& On(Owner& owner, absl::StatusOr<Response> (Owner::*method)(Call&, const Request&)) {
    return Add(Request::descriptor(), Response::descriptor(),
               [&owner, method](Call& call, const google::protobuf::Message& request,
                                google::protobuf::Message& response) -> absl::Status {
                 ASSIGN_OR_RETURN(Response answer,
                                  (owner.*method)(call, static_cast<const Request&>(request)));
                 static_cast<Response&>(response) = std::move(answer);
                 return absl::OkStatus();
               });
  }

  // Serves an rpc whose judgement takes long: `look` judges in a snapshot before the writer takes
  // the request, and `method` writes by what it saw, once it is sure that this still holds.
  template <class Owner, class Request, class Response, class Seen>
  Service& OnSeen(Owner& owner, absl::StatusOr<Seen> (Owner::*look)(Call&, const Request&),
                  absl::StatusOr<Response> (Owner::*method)(Call&, const Request&, const Seen&)) {
    const Foresight foresee =
        [&owner, look, method](Call& snapshot,
                               const google::protobuf::Message& asked) -> absl::StatusOr<Handler> {
      ASSIGN_OR_RETURN(Seen seen, (owner.*look)(snapshot, static_cast<const Request&>(asked)));
      return [&owner, method, seen = std::move(seen)](
                 Call& call, const google::protobuf::Message& request,
                 google::protobuf::Message& response) -> absl::Status {
        ASSIGN_OR_RETURN(Response answer,
                         (owner.*method)(call, static_cast<const Request&>(request), seen));
        static_cast<Response&>(response) = std::move(answer);
        return absl::OkStatus();
      };
    };
    foresights_[Request::descriptor()] = foresee;
    return Add(Request::descriptor(), Response::descriptor(), Unforeseen(foresee));
  }

  // Serves an rpc that streams its answers: `method` reads one message in a snapshot of its own,
  // and `go_on` asks for the next once the peer has taken it. So a stream holds one message at a
  // time, ends when its caller's right does, and is resumed by the same request.
  template <class Owner, class Request, class Response>
  Service& Stream(Owner& owner, absl::StatusOr<Response> (Owner::*method)(Call&, const Request&),
                  bool (*go_on)(const Response& answer, Request& request)) {
    go_on_[Request::descriptor()] = [go_on](const google::protobuf::Message& answer,
                                            google::protobuf::Message& request) {
      return go_on(static_cast<const Response&>(answer), static_cast<Request&>(request));
    };
    return On(owner, method);
  }

  // Serves the rpc that takes `Request` and whose option says `operation`, see operation.h.
  template <class Owner, class Request, class Metadata, class Step, class Response>
  Service& Operate(Owner& owner, absl::StatusOr<Plan<Metadata, Step>> (*plan)(const Request&),
                   absl::Status (Owner::*check)(Call&, const Request&),
                   absl::Status (Owner::*step)(Call&, const Step&, Metadata&, Response&)) {
    Operation operation;
    operation.metadata = Metadata::descriptor();
    operation.response = Response::descriptor();
    operation.plan =
        [plan](const google::protobuf::Message& request) -> absl::StatusOr<Operation::AnyPlan> {
      ASSIGN_OR_RETURN(const auto made, plan(static_cast<const Request&>(request)));
      Operation::AnyPlan any{made.metadata.SerializeAsString(), {}};
      for (const Step& part : made.steps) any.steps.push_back(part.SerializeAsString());
      return any;
    };
    operation.check = [&owner, check](Call& call, const google::protobuf::Message& request) {
      return (owner.*check)(call, static_cast<const Request&>(request));
    };
    operation.step = [&owner, step](Call& call, const std::string& bytes,
                                    google::protobuf::Message& metadata,
                                    google::protobuf::Message& response) -> absl::Status {
      Step part;
      if (!part.ParseFromString(bytes)) return Internal("a step that cannot be read");
      return (owner.*step)(call, part, static_cast<Metadata&>(metadata),
                           static_cast<Response&>(response));
    };
    return AddOperation(Request::descriptor(), std::move(operation));
  }

  template <class M>
  Service& Standard(const storage::Table<M>& table, BeforeStore<M> complete = nullptr) {
    AnyBeforeStore any;
    if (complete) {
      any = [complete](Call& call, const google::protobuf::Message* before,
                       google::protobuf::Message& after) {
        return complete(call, static_cast<const M*>(before), static_cast<M&>(after));
      };
    }
    return AddStandard(table.schema(), std::move(any));
  }

  template <class Owner, class Event>
  Service& React(Owner& owner, absl::Status (Owner::*method)(Call&, const Event&)) {
    return AddReaction(Event::descriptor(),
                       [&owner, method](Call& call, const google::protobuf::Message& event) {
                         return (owner.*method)(call, static_cast<const Event&>(event));
                       });
  }

  template <class Owner, class M>
  Service& Tick(Owner& owner, absl::Status (Owner::*method)(Call&, const std::string& name),
                const storage::Rows<M>& table, const std::string& due_column) {
    ticks_.push_back({table.schema().table() + "." + due_column, &table.schema(), due_column,
                      [&owner, method](Call& call, const std::string& name) {
                        return (owner.*method)(call, name);
                      }});
    return *this;
  }

  // Takes each such event of this service's own log to every target that the site configures for
  // it, at least once and in order; `method` is run again until it answers OK or a refusal, which
  // is stored as its outcome. What the school is known by there `joining` obtains.
  template <class Owner, class Event>
  Service& Deliver(Owner& owner, absl::Status (Owner::*method)(const Outside&, const Event&),
                   Joining joining) {
    joining_ = std::move(joining);
    deliveries_.push_back(
        {Event::descriptor(),
         [&owner, method](const Outside& outside, const google::protobuf::Message& event) {
           return (owner.*method)(outside, static_cast<const Event&>(event));
         }});
    return *this;
  }

  // A table that no standard method names but the service keeps: it takes part in the drift check.
  template <class M>
  Service& Keeps(const storage::Table<M>& table) {
    schemas_.push_back(&table.schema());
    return *this;
  }

  // The same of a table whose rows are named by blind indexes.
  template <class Owner, class M>
  Service& Keeps(const storage::Table<M>& table, Owner& owner,
                 absl::Status (Owner::*rename)(Call&, const M&)) {
    renamings_.push_back(
        {&table.schema(), [&owner, rename](Call& call, const google::protobuf::Message& row) {
           return (owner.*rename)(call, static_cast<const M&>(row));
         }});
    return Keeps(table);
  }

  // `counted` selects one number, how many rows are looked at; `broken` selects a row's name and
  // what is wrong with it, for every row that breaks the invariant. $1 is the school.
  Service& Holds(const std::string& invariant, const std::string& counted,
                 const std::string& broken);
  Service& Holds(const std::string& invariant, InvariantCheck check) {
    invariants_.push_back({invariant, std::move(check)});
    return *this;
  }
  // The same of columns that follow from other rows: "cohort_seats: held, taken; cohorts: state".
  // The rows of the first table are those that are looked at.
  Service& Follows(const std::string& invariant, const std::string& columns,
                   const std::string& broken);
  Service& Follows(const std::string& invariant, const std::string& columns, InvariantCheck check);
  // `claims` selects subject and value; "columns" as above are what the claims say.
  Service& Claim(const std::string& invariant, const std::string& kind, Knows knows,
                 const std::string& columns, const std::string& claims);
  Service& Claim(const std::string& invariant, const std::string& kind, Knows knows,
                 const std::string& columns, ClaimsOf claims);

 private:
  Service& Add(const google::protobuf::Descriptor* request,
               const google::protobuf::Descriptor* response, Handler handler);
  Service& AddOperation(const google::protobuf::Descriptor* request, Operation operation);
  Service& AddStandard(const storage::Schema& schema, AnyBeforeStore complete);
  Service& AddReaction(const google::protobuf::Descriptor* event, Reaction reaction);
};

}  // namespace vivier::rpc
