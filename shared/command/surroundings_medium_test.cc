// What `vivier doctor` finds where one thing is wrong, on the data of a school that does not run.
#include <filesystem>
#include <fstream>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/backup/store.h"
#include "shared/base/hash.h"
#include "shared/command/surroundings.h"
#include "shared/security/school_key.h"
#include "shared/site/site.h"
#include "shared/site/tokens.h"
#include "tests/support/certificates.h"
#include "tests/support/engines.h"

namespace vivier::command {
namespace {

namespace fs = std::filesystem;

class Doctor : public ::testing::Test {
 protected:
  Doctor() {
    std::string pattern = (fs::temp_directory_path() / "vivier-doctor-XXXXXX").string();
    settings_.data = mkdtemp(pattern.data());
    Configure("");
    EXPECT_TRUE(site::CreateKeys(settings_.data).ok());
    EXPECT_TRUE(site::MigrateAll(settings_.config, settings_.data, AllModules()).ok());
  }
  ~Doctor() override { fs::remove_all(settings_.data); }

  void Configure(const std::string& lines) {
    settings_.config.Clear();
    const std::string all = "schools: 'nancy' network: 'test' engine: SQLITE development: true";
    for (const std::string& text : {all, lines})
      ASSERT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &settings_.config)) << text;
  }

  // The worst that is said of what begins with that; null when nothing is.
  const Finding* Find(const std::string& what) {
    findings_ = LookAround(settings_, AllModules(), backups_);
    const Finding* worst = nullptr;
    for (const Finding& finding : findings_)
      if (finding.what.rfind(what, 0) == 0 && (worst == nullptr || finding.grade > worst->grade))
        worst = &finding;
    return worst;
  }
  void Expect(const std::string& what, Grade grade) {
    const Finding* finding = Find(what);
    ASSERT_NE(finding, nullptr) << what;
    EXPECT_EQ(finding->grade, grade) << what << ": " << finding->found;
    EXPECT_EQ(finding->advice.empty(), grade == Grade::kOk) << what << ": " << finding->advice;
  }

  Settings settings_;
  std::string backups_;
  Findings findings_;
};

TEST_F(Doctor, FindsAHealthySchoolWell) {
  for (const Finding& finding : LookAround(settings_, AllModules(), backups_))
    EXPECT_NE(finding.grade, Grade::kFail) << finding.what << ": " << finding.found;
  for (const char* what : {"school.key", "enrolment", "statistics", "redis", "certificates"})
    Expect(what, Grade::kOk);
}

struct Row {
  const char* lines;  // of the configuration
  const char* what;
  Grade grade;
};

TEST_F(Doctor, FindsWhatIsWrongAround) {
  const Row rows[] = {
      {"redis: 'unix:/none/redis.sock'", "redis", Grade::kWarn},
      {"redis: 'unix:/none/redis.sock' redis_password_file: '/none'", "redis", Grade::kFail},
      {"redis: 'nowhere.invalid:6379'", "name nowhere.invalid", Grade::kFail},
      {"peers { service: 'funding' address: 'dns:///nowhere.invalid:7400' }",
       "name nowhere.invalid", Grade::kFail},
      {"peers { service: 'funding' address: 'localhost:1' }", "name localhost", Grade::kOk},
      {"issuers { issuer: 'https://id.example' audience: 'a' jwks: 'file:/none' }",
       "issuer https://id.example", Grade::kFail},
      {"parents { name: 'schools/grand-est' address: '127.0.0.1:1' join_codes: '/none' }",
       "parent schools/grand-est", Grade::kFail},
      {"certificates: '/none'", "certificates", Grade::kFail},
      {"engine: POSTGRES postgres: 'host=/none'", "enrolment", Grade::kFail},
      {"development: false", "certificates", Grade::kWarn},
      {"development: false", "issuers", Grade::kWarn},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.lines);
    Configure(row.lines);
    Expect(row.what, row.grade);
  }
}

TEST_F(Doctor, KnowsWhetherTheSchoolHasJoinedItsParent) {
  const auto write = [this](const std::string& folder, const std::string& name,
                            const std::string& text) {
    fs::create_directories(settings_.data + folder);
    const std::string file = settings_.data + folder + name;
    std::ofstream(file) << text;
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write);
  };
  const std::string what = "parent schools/grand-est, nancy";
  Configure("parents { name: 'schools/grand-est' address: '127.0.0.1:1' join_codes: '" +
            settings_.data + "/codes' }");
  Expect(what, Grade::kFail);
  write("/codes", "/nancy", "vivier_code");
  Expect(what, Grade::kWarn);
  const std::string good = "secret: 'vivier_a' expire_time { seconds: 4000000000 }",
                    over = "secret: 'vivier_a' expire_time { seconds: 1700000000 }",
                    refused = " refusal: 'since Monday' refuse_time { seconds: 1700000000 }";
  write("/parents", "/grand-est.nancy", good);
  Expect(what, Grade::kWarn);  // nobody answers: it may have been revoked
  write("/parents", "/grand-est.nancy", good + refused);
  Expect(what, Grade::kFail);
  EXPECT_EQ(Find(what)->found, "was refused there on 2023-11-14 22:13 UTC: since Monday");
  write("/parents", "/grand-est.nancy", over);
  Expect(what, Grade::kWarn);  // the code is another
  write("/parents", "/grand-est.nancy", over + " code_hash: '" + Hex(Sha256("vivier_code")) + "'");
  Expect(what, Grade::kFail);
}

TEST_F(Doctor, CountsTheDaysOfCertificates) {
  testing::Certificates certificates("test", "nancy", absl::Hours(24));
  Configure("certificates: '" + certificates.folder() + "'");
  Expect("certificate funding.pem", Grade::kWarn);
  certificates.Renew(absl::Hours(24 * 20));
  Expect("certificate funding.pem", Grade::kOk);
  certificates.Revoke("operator");
  Expect("certificate operator.pem", Grade::kFail);
  Expect("certificate funding.pem", Grade::kOk);
  std::ofstream(certificates.folder() + "/funding.pem") << "nothing";
  Expect("certificate funding.pem", Grade::kFail);
}

TEST_F(Doctor, CountsTheHoursOfBackups) {
  Expect("backup", Grade::kOk);
  backups_ = settings_.data + "/backups";
  Expect("backup", Grade::kFail);
  const std::unique_ptr<backup::Store> store = *backup::Store::OpenToWrite(backups_, absl::Now());
  const std::pair<absl::Duration, Grade> ages[] = {{absl::Hours(50), Grade::kFail},
                                                   {absl::Hours(26), Grade::kWarn},
                                                   {absl::Hours(1), Grade::kOk}};
  for (const auto& [age, grade] : ages) {
    backup::v1::Manifest manifest;
    manifest.mutable_create_time()->set_seconds(absl::ToUnixSeconds(absl::Now() - age));
    ASSERT_TRUE(store->Seal(manifest).ok());
    Expect("backup", grade);
  }
}

TEST_F(Doctor, MissesKeysAndDatabases) {
  fs::permissions(settings_.data + "/keys/school.key", fs::perms::all);
  Expect("school.key", Grade::kFail);
  fs::remove(settings_.data + "/keys/school.key");
  Expect("school.key", Grade::kWarn);
  fs::remove(settings_.data + "/db/enrolment.db");
  EXPECT_EQ(Find("enrolment"), nullptr);
  Configure("peers { service: 'enrolment' address: 'localhost:1' }");
  Expect("enrolment", Grade::kWarn);
  std::ofstream(settings_.data + "/db/enrolment.db") << "no database, and never was one";
  Expect("enrolment", Grade::kFail);
}

TEST_F(Doctor, TellsWhichKeysRowsAreUnder) {
  const fs::path keys = settings_.data + "/keys";
  const std::string id = security::SchoolKey::Load(keys / "school.key")->id();
  EXPECT_NE(Find("school.key")->found.find(id), std::string::npos);
  EXPECT_EQ(Find("enrolment key"), nullptr);
  {
    const auto database =
        *storage::Database::Open(site::DatabaseUrl(settings_.config, settings_.data, "enrolment"));
    const auto connection = *database->Connect(storage::Access::kWrite);
    ASSERT_TRUE(connection->Begin(storage::Access::kWrite).ok());
    const auto written = connection->Query(
        "INSERT INTO school_keys (school, number, key_id, public_key, begin_time, signature, "
        "rows_seen) VALUES ('nancy', 1, $1, '', 0, $2, 0)",
        {storage::Value(id), storage::Value(storage::Bytes{""})});
    ASSERT_TRUE(written.ok()) << written.status();
    ASSERT_TRUE(connection->Commit().ok());
  }
  fs::rename(keys / "school.key", keys / "school.previous.key");
  ASSERT_TRUE(security::CreateSchoolKey(keys / "school.key").ok());
  Expect("enrolment key", Grade::kWarn);
  EXPECT_NE(Find("school.previous.key")->found.find(id), std::string::npos);
  fs::remove(keys / "school.previous.key");
  Expect("enrolment key", Grade::kFail);
  ASSERT_NE(Find("enrolment key"), nullptr);
  EXPECT_NE(Find("enrolment key")->found.find(id), std::string::npos) << "which key to bring back";
}

TEST_F(Doctor, ReadsEveryPage) {
  Expect("enrolment pages", Grade::kOk);
  const std::string path = settings_.data + "/db/enrolment.db";
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(fs::file_size(path) / 2));
  const int byte = file.peek();
  file.put(static_cast<char>(byte ^ 1));
  file.close();
  Expect("enrolment pages", Grade::kFail);
}

// The tests' server is made without.
TEST_F(Doctor, MissesChecksumsOfPostgres) {
  Configure("engine: POSTGRES postgres: \"" + testing::FreshPostgres() + "\"");
  Expect("enrolment checksums", Grade::kWarn);
}

TEST(HostOf, IsWhatIsLookedUp) {
  const std::pair<const char*, const char*> rows[] = {
      {"enrolment:7400", "enrolment"},
      {"dns:///enrolment.nancy:7400", "enrolment.nancy"},
      {"https://id.example/realms/nancy", "id.example"},
      {"http://localhost:8080/keys", "localhost"},
      {"[::1]:7400", "::1"},
      {"unix:/run/redis.sock", ""},
      {"file:/keys.json", ""},
      {"ipv4:127.0.0.1:1,127.0.0.1:2", ""},
      {"", ""},
  };
  for (const auto& [address, host] : rows) EXPECT_EQ(HostOf(address), host) << address;
}

}  // namespace
}  // namespace vivier::command
