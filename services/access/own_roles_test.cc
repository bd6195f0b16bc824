#include "services/access/own_roles.h"

#include <string>

#include "gtest/gtest.h"
#include "shared/base/error.h"

namespace vivier::access {
namespace {

TEST(OwnRoles, GiveWhatTheirMakerHasAndTheStaffMay) {
  const struct {
    const char* maker;
    const char* permission;
    const char* reason;
  } rows[] = {
      {"school_director", "attendanceSheets.get", ""},
      {"school_director", "invoices.issue", ""},
      {"school_director", "accessLinks.create", ""},  // which gives what its maker has
      {"school_director", "memberships.update", "INVALID_FIELD"},
      {"school_director", "invitations.create", "INVALID_FIELD"},
      {"school_director", "partnerClients.rotate", "INVALID_FIELD"},
      {"school_director", "roles.update", "INVALID_FIELD"},
      {"school_director", "schools.update", "INVALID_FIELD"},
      {"school_director", "datedTimeZones.announce", "INVALID_FIELD"},
      {"school_director", "persons.export", ""},
      {"school_director", "persons.erase", "INVALID_FIELD"},
      {"school_director", "auditTrail.read", "INVALID_FIELD"},
      {"school_director", "access.explain", "INVALID_FIELD"},
      {"school_director", "parkedEvents.retry", "INVALID_FIELD"},
      {"school_director", "events.follow", "INVALID_FIELD"},
      {"school_director", "submissions.submit", "INVALID_FIELD"},
      {"school_director", "partnerClients.openSession", "INVALID_FIELD"},
      {"school_director", "accessLinks.redeem", "INVALID_FIELD"},
      {"school_director", "attendanceSheets.burn", "INVALID_FIELD"},
      {"school_director", "readBudgets.exceed", "INVALID_FIELD"},
      {"school_director", "*", "INVALID_FIELD"},
      {"school_director", "cohorts.*", "INVALID_FIELD"},
      {"trainer", "attendanceSheets.get", ""},
      {"trainer", "invoices.issue", "NOT_ALLOWED"},
      {"nobody", "cohorts.get", "NOT_ALLOWED"},
  };
  for (const auto& row : rows) {
    v1::Role role;
    role.set_name("schools/nancy/roles/reader");
    role.add_permissions("cohorts.get");
    role.add_permissions(row.permission);
    security::Caller caller{"p", security::Caller::Kind::kPerson, {row.maker}, {"nancy"}, ""};
    EXPECT_EQ(ReasonOf(CheckPermissions(caller, "nancy", role)), row.reason)
        << row.maker << " " << row.permission;
    caller.schools = {"metz"};
    EXPECT_NE(ReasonOf(CheckPermissions(caller, "nancy", role)), "")
        << row.maker << " " << row.permission;
  }
}

}  // namespace
}  // namespace vivier::access
