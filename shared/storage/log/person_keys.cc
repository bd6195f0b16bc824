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

absl::StatusOr<const PersonKeys::Known*> PersonKeys::Find(const std::string& name) {
  if (known_.find(name) == known_.end()) RETURN_IF_ERROR(Load(PersonOf(name)));
  const std::optional<Known>& known = known_.find(name)->second;
  return known.has_value() ? &*known : nullptr;
}

absl::Status PersonKeys::Load(const std::string& person) {
  const security::SchoolKey* school_key = transaction_.school_key();
  if (school_key == nullptr) return Internal("this process holds no school key");
  if (person.empty()) return Internal("personal data without a person");
  const std::string proof = ProofOf(person);
  ASSIGN_OR_RETURN(const std::vector<Row> found,
                   house::PersonKeys().SelectEither(transaction_, "person = $2", "person = $3",
                                                    {Value(person), Value(proof)}));
  for (const std::string& name : {person, proof}) known_.insert_or_assign(name, std::nullopt);
  for (const Row& row : found) {
    const std::string& name = std::get<std::string>(row[1]);
    const std::string& wrapped = std::get<Bytes>(row[2]).data;
    Known key{std::nullopt, !std::holds_alternative<std::monostate>(row[3])};
    if (!wrapped.empty()) {
      ASSIGN_OR_RETURN(key.key, school_key->Unwrap(wrapped, name));
    }
    known_.insert_or_assign(name, std::move(key));
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> PersonKeys::IsClosed(const std::string& name) {
  if (opens_kept_ || !IsProof(name)) return false;
  ASSIGN_OR_RETURN(const Known* person, Find(PersonOf(name)));
  return person != nullptr && person->erased;
}

absl::StatusOr<security::Key> PersonKeys::Of(const std::string& name, bool create) {
  ASSIGN_OR_RETURN(const bool closed, IsClosed(name));
  if (closed) return PersonErased(PersonOf(name), create);
  ASSIGN_OR_RETURN(const Known* known, Find(name));
  if (known == nullptr) {
    if (!create) return NotFound(name);
    const security::Key key = security::Key::Random();
    RETURN_IF_ERROR(Store(name, key));
    return key;
  }
  if (known->erased || !known->key.has_value()) return PersonErased(PersonOf(name), create);
  return *known->key;
}

absl::StatusOr<security::Key> PersonKeys::OfLogged(const std::string& person) {
  ASSIGN_OR_RETURN(const Known* known, Find(person));
  if (known == nullptr) return NotFound(person);
  if (!known->key.has_value()) return PersonErased(person, false);
  return *known->key;
}

absl::Status PersonKeys::Store(const std::string& name, const security::Key& key) {
  known_.insert_or_assign(name, Known{key, false});
  return house::PersonKeys().Insert(
      transaction_,
      {transaction_.school(), name, Bytes{transaction_.school_key()->Wrap(key, name)}, Value()});
}

absl::Status PersonKeys::Retire(const std::string& name, absl::Time time) {
  known_.erase(name);
  const Value now = absl::ToUnixMicros(time);
  ASSIGN_OR_RETURN(const std::vector<Row> found,
                   house::PersonKeys().Select(transaction_, "person = $2", {Value(name)}));
  if (found.empty())
    return house::PersonKeys().Insert(transaction_, {transaction_.school(), name, Bytes{}, now});
  Row retired = found[0];
  if (!std::holds_alternative<std::monostate>(retired[3])) return absl::OkStatus();
  retired[3] = now;
  return house::PersonKeys().Update(transaction_, found[0], std::move(retired));
}

absl::Status PersonKeys::Destroy(const std::string& name) {
  known_.erase(name);
  return house::PersonKeys()
      .Change(transaction_, "person = $2", {Value(name)}, [](Row& row) { row[2] = Bytes{}; })
      .status();
}

}  // namespace vivier::storage
