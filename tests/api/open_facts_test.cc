// What is stored of a person is encrypted, or says in the .proto why it stays open: every column of
// a message that has to do with one person, and every field of an event that names one without
// being sealed with their key. The open ones are printed with their reasons.
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "google/api/resource.pb.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"
#include "shared/rpc/shown_persons.h"
#include "shared/service/catalogue.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier {
namespace {

namespace pb = google::protobuf;

bool IsSealed(const pb::FieldDescriptor& field) {
  return field.options().GetExtension(options::v1::pii) ||
         (field.message_type() != nullptr && rpc::HoldsPersonalData(field.message_type()));
}

// Names, dates, money, states, and what lists are filtered by.
bool NeedsNoReason(const pb::FieldDescriptor& field) {
  const std::string type = field.message_type() == nullptr ? "" : field.message_type()->full_name();
  return field.name() == "name" || field.name() == "etag" ||
         field.options().HasExtension(google::api::resource_reference) ||
         type == "google.type.Date" || type == "google.protobuf.Timestamp" ||
         absl::EndsWith(field.name(), "_cents") ||
         (field.enum_type() != nullptr && field.enum_type()->name() == "State") ||
         field.options().GetExtension(options::v1::filterable) ||
         !field.options().GetExtension(options::v1::searched_by).empty();
}

using Open = std::function<void(const pb::FieldDescriptor& field, const std::string& reason)>;

void EachOpen(const pb::Descriptor& type, const Open& open) {
  for (int i = 0; i < type.field_count(); ++i) {
    const pb::FieldDescriptor& field = *type.field(i);
    if (IsSealed(field) || NeedsNoReason(field)) continue;
    const std::string reason = field.options().GetExtension(options::v1::open_because);
    if (reason.empty() && field.message_type() != nullptr)
      EachOpen(*field.message_type(), open);
    else
      open(field, reason);
  }
}

// The parts of what is stored that say something about one person.
void EachPart(const pb::Descriptor& stored,
              const std::function<void(const pb::Descriptor&)>& each) {
  if (rpc::IsOfPerson(stored)) return each(stored);
  for (int i = 0; i < stored.field_count(); ++i)
    if (const pb::Descriptor* part = stored.field(i)->message_type();
        part != nullptr && stored.field(i)->is_repeated() && rpc::IsOfPerson(*part))
      each(*part);
}

bool IsStored(const pb::Descriptor& type) {
  const pb::MessageOptions& options = type.options();
  const bool sealed = options.HasExtension(options::v1::person);
  return !options.GetExtension(google::api::resource).plural().empty() ||
         (options.HasExtension(options::v1::event) && !sealed);  // else its payload is encrypted
}

std::vector<const pb::Descriptor*> StoredParts() {
  std::vector<const pb::Descriptor*> parts;
  for (const std::string& service : rpc::TradeServices())
    for (const pb::FileDescriptor* file : rpc::FilesOf(service))
      for (int i = 0; i < file->message_type_count(); ++i)
        if (IsStored(*file->message_type(i)))
          EachPart(*file->message_type(i),
                   [&](const pb::Descriptor& part) { parts.push_back(&part); });
  return parts;
}

TEST(OpenFacts, HaveAReason) {
  int open_fields = 0;
  const std::vector<const pb::Descriptor*> parts = StoredParts();
  for (const pb::Descriptor* part : parts)
    EachOpen(*part, [&](const pb::FieldDescriptor& field, const std::string& reason) {
      EXPECT_FALSE(reason.empty()) << field.full_name()
                                   << " says something about a person and stands open: pii, or "
                                      "open_because";
      std::cout << part->full_name() << "." << field.name() << ": " << reason << "\n";
      ++open_fields;
    });
  EXPECT_GT(parts.size(), 20U);
  EXPECT_GT(open_fields, 20);
}

// The finding of November 2026: why a learner left, and why minutes are missing.
TEST(OpenFacts, AreNotThoseOfHealth) {
  for (const char* name :
       {"vivier.enrolment.v1.Learner.exit_cause", "vivier.enrolment.v1.LearnerLeft.cause",
        "vivier.enrolment.v1.PresenceEntry.absence",
        "vivier.enrolment.v1.PresenceCorrection.absence",
        "vivier.enrolment.v1.PresenceCorrection.reason",
        "vivier.statistics.v1.LearnerFact.learner_state",
        "vivier.statistics.v1.LearnerResult.result"}) {
    const pb::FieldDescriptor* field = pb::DescriptorPool::generated_pool()->FindFieldByName(name);
    ASSERT_NE(field, nullptr) << name;
    EXPECT_TRUE(IsSealed(*field)) << name;
  }
}

}  // namespace
}  // namespace vivier
