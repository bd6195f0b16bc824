#include "shared/storage/log/person_keys.h"

#include <utility>
#include <vector>

#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/storage/log/house_tables.h"
#include "shared/storage/log/unit.h"

namespace vivier::storage {

constexpr char kPersonErased[] = "PERSON_ERASED";

absl::Status PersonErased(const std::string& person, bool create) {
  return Error(create ? absl::StatusCode::kFailedPrecondition : absl::StatusCode::kNotFound,
               kPersonErased, "the person's data were erased", {{"person", person}});
}

absl::StatusOr<const PersonKeys::Known*> PersonKeys::Find(const std::string& person) {
  auto known = known_.find(person);
  if (known != known_.end()) return &known->second;
  const security::SchoolKey* school_key = transaction_.school_key();
  if (school_key == nullptr) return Internal("this process holds no school key");
  if (person.empty()) return Internal("personal data without a person");
  ASSIGN_OR_RETURN(const std::vector<Row> found,
                   house::PersonKeys().Select(transaction_, "person = $2", {Value(person)}));
  if (found.empty()) return nullptr;
  const std::string& wrapped = std::get<Bytes>(found[0][2]).data;
  Known key{std::nullopt, !std::holds_alternative<std::monostate>(found[0][3])};
  if (!wrapped.empty()) {
    ASSIGN_OR_RETURN(key.key, school_key->Unwrap(wrapped, person));
  }
  return &known_.insert_or_assign(person, std::move(key)).first->second;
}

absl::StatusOr<security::Key> PersonKeys::Of(const std::string& person, bool create) {
  ASSIGN_OR_RETURN(const Known* known, Find(person));
  if (known == nullptr) {
    if (!create) return NotFound(person);
    const security::Key key = security::Key::Random();
    RETURN_IF_ERROR(Store(person, key));
    return key;
  }
  if (known->erased || !known->key.has_value()) return PersonErased(person, create);
  return *known->key;
}

absl::StatusOr<security::Key> PersonKeys::OfLogged(const std::string& person) {
  ASSIGN_OR_RETURN(const Known* known, Find(person));
  if (known == nullptr) return NotFound(person);
  if (!known->key.has_value()) return PersonErased(person, false);
  return *known->key;
}

absl::Status PersonKeys::Store(const std::string& person, const security::Key& key) {
  known_.insert_or_assign(person, Known{key, false});
  return house::PersonKeys().Insert(transaction_,
                                    {transaction_.school(), person,
                                     Bytes{transaction_.school_key()->Wrap(key, person)}, Value()});
}

absl::Status PersonKeys::Retire(const std::string& person, absl::Time time) {
  known_.erase(person);
  const Value now = absl::ToUnixMicros(time);
  ASSIGN_OR_RETURN(const std::vector<Row> found,
                   house::PersonKeys().Select(transaction_, "person = $2", {Value(person)}));
  if (found.empty())
    return house::PersonKeys().Insert(transaction_, {transaction_.school(), person, Bytes{}, now});
  Row retired = found[0];
  if (!std::holds_alternative<std::monostate>(retired[3])) return absl::OkStatus();
  retired[3] = now;
  return house::PersonKeys().Update(transaction_, found[0], std::move(retired));
}

absl::Status PersonKeys::Destroy(const std::string& person) {
  known_.erase(person);
  return house::PersonKeys()
      .Change(transaction_, "person = $2", {Value(person)}, [](Row& row) { row[2] = Bytes{}; })
      .status();
}

}  // namespace vivier::storage
