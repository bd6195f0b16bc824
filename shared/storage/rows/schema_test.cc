// The mapper: what is stored is what is read, for every field of every resource of every service;
// and what the comparison of a message with its table finds.
#include "shared/storage/rows/schema.h"

#include <random>

#include "gmock/gmock.h"
#include "google/protobuf/util/message_differencer.h"
#include "services/modules.h"
#include "shared/base/message.h"
#include "tests/support/store.h"
#include "vivier/options/v1/options.pb.h"

namespace vivier::storage {
namespace {

namespace pb = google::protobuf;
using ::testing::HasSubstr;

// Fills every field that a descriptor has with values that its column can hold.
class Filler {
 public:
  explicit Filler(unsigned seed) : random_(seed) {}

  void Fill(pb::Message& message, int depth = 0) {
    const pb::Descriptor* type = message.GetDescriptor();
    if (type->full_name() == "google.type.Date") return FillDate(message);
    if (type->full_name() == "google.protobuf.Timestamp" ||
        type->full_name() == "google.protobuf.Duration")
      return FillTime(message);
    for (int i = 0; i < type->field_count(); ++i) FillField(message, type->field(i), depth);
  }

 private:
  int64_t Any(int64_t least, int64_t greatest) {
    return std::uniform_int_distribution<int64_t>(least, greatest)(random_);
  }

  std::string Text() {
    static const std::vector<std::string> texts = {"é", "\"",   "\\", "'; --", "\n",
                                                   " ", "漢字", "0",  "{}",    "a"};
    std::string text = "x";
    for (int64_t i = Any(0, 5); i > 0; --i) text += texts[static_cast<size_t>(Any(0, 9))];
    return text;
  }

  void FillDate(pb::Message& message) {
    auto& date = dynamic_cast<google::type::Date&>(message);
    date.set_year(static_cast<int>(Any(1900, 2200)));
    date.set_month(static_cast<int>(Any(1, 12)));
    date.set_day(static_cast<int>(Any(1, 28)));
  }

  void FillTime(pb::Message& message) {
    const pb::Reflection& reflection = *message.GetReflection();
    const pb::Descriptor* type = message.GetDescriptor();
    reflection.SetInt64(&message, type->FindFieldByNumber(1), Any(0, 4'000'000'000));
    reflection.SetInt32(&message, type->FindFieldByNumber(2),
                        static_cast<int>(Any(0, 999'999) * 1000));
  }

  void FillField(pb::Message& message, const pb::FieldDescriptor* field, int depth) {
    const pb::Reflection& reflection = *message.GetReflection();
    if (field->message_type() != nullptr) {
      if (depth > 3) return;
      if (!field->is_repeated())
        return Fill(*reflection.MutableMessage(&message, field), depth + 1);
      for (int64_t i = Any(1, 3); i > 0; --i)
        Fill(*reflection.AddMessage(&message, field), depth + 1);
    } else if (field->is_repeated()) {
      for (int64_t i = Any(1, 3); i > 0; --i) AddScalar(message, field);
    } else {
      FillScalar(message, field);
    }
  }

  int AnyValueOf(const pb::EnumDescriptor& type) {
    return type.value(static_cast<int>(Any(1, type.value_count() - 1)))->number();
  }

  void AddScalar(pb::Message& message, const pb::FieldDescriptor* field) {
    const pb::Reflection& reflection = *message.GetReflection();
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return reflection.AddString(&message, field, Text());
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return reflection.AddInt32(&message, field,
                                   static_cast<int>(Any(-2'000'000'000, 2'000'000'000)));
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return reflection.AddInt64(&message, field,
                                   Any(-9'000'000'000'000'000'000, 9'000'000'000'000'000'000));
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return reflection.AddEnumValue(&message, field, AnyValueOf(*field->enum_type()));
      default:
        FAIL() << field->full_name() << " has a type that no resource had before";
    }
  }

  void FillScalar(pb::Message& message, const pb::FieldDescriptor* field) {
    const pb::Reflection& reflection = *message.GetReflection();
    switch (field->cpp_type()) {
      case pb::FieldDescriptor::CPPTYPE_STRING:
        return reflection.SetString(&message, field, Text());
      case pb::FieldDescriptor::CPPTYPE_BOOL:
        return reflection.SetBool(&message, field, true);
      case pb::FieldDescriptor::CPPTYPE_INT32:
        return reflection.SetInt32(&message, field,
                                   static_cast<int>(Any(-2'000'000'000, 2'000'000'000)));
      case pb::FieldDescriptor::CPPTYPE_INT64:
        return reflection.SetInt64(&message, field,
                                   Any(-9'000'000'000'000'000'000, 9'000'000'000'000'000'000));
      case pb::FieldDescriptor::CPPTYPE_ENUM:
        return reflection.SetEnumValue(&message, field, AnyValueOf(*field->enum_type()));
      default:
        FAIL() << field->full_name() << " has a type that no resource had before";
    }
  }

  std::mt19937 random_;
};

std::vector<const Schema*> AllSchemas() {
  std::vector<const Schema*> schemas;
  for (const site::Module& module : AllModules())
    schemas.insert(schemas.end(), module.service.schemas().begin(), module.service.schemas().end());
  return schemas;
}

TEST(SchemaTest, EveryFieldOfEveryResourceComesBack) {
  const security::Key key = security::Key::Random();
  const KeyOf key_of = [&key](const std::string&, bool) { return key; };
  const std::vector<const Schema*> schemas = AllSchemas();
  ASSERT_GT(schemas.size(), 40u);
  for (const Schema* schema : schemas) {
    for (unsigned seed = 1; seed <= 20; ++seed) {
      const std::unique_ptr<pb::Message> stored = NewMessage(schema->descriptor());
      Filler(seed).Fill(*stored);
      stored->GetReflection()->SetString(
          stored.get(), schema->descriptor()->FindFieldByName("name"), "schools/nancy/things/t-1");
      schema->SetVersion(*stored, seed);
      const absl::StatusOr<Row> row = schema->ToRow(*stored, seed, {key_of});
      ASSERT_TRUE(row.ok()) << schema->table() << " " << row.status();
      const std::unique_ptr<pb::Message> read(stored->New());
      ASSERT_EQ(schema->FromRow(*row, *read, {key_of}), absl::OkStatus()) << schema->table();
      std::string difference;
      pb::util::MessageDifferencer differencer;
      differencer.ReportDifferencesToString(&difference);
      EXPECT_TRUE(differencer.Compare(*stored, *read))
          << schema->table() << " seed " << seed << "\n"
          << difference;
    }
  }
}

TEST(SchemaTest, EmptyResourcesComeBackEmpty) {
  const KeyOf no_key = [](const std::string&, bool) { return Internal("nothing is encrypted"); };
  for (const Schema* schema : AllSchemas()) {
    bool encrypted_without_presence = false;
    for (const Schema::Column& column : schema->columns())
      encrypted_without_presence |=
          column.encrypted && !column.field->has_presence() && !column.field->is_repeated();
    if (encrypted_without_presence)
      continue;  // an empty encrypted text is encrypted too: nobody learns that it is empty
    const std::unique_ptr<pb::Message> stored = NewMessage(schema->descriptor());
    stored->GetReflection()->SetString(stored.get(), schema->descriptor()->FindFieldByName("name"),
                                       "schools/a/b/c");
    schema->SetVersion(*stored, 1);
    const absl::StatusOr<Row> row = schema->ToRow(*stored, 1, {no_key});
    ASSERT_TRUE(row.ok()) << schema->table() << " " << row.status();
    const std::unique_ptr<pb::Message> read(stored->New());
    ASSERT_EQ(schema->FromRow(*row, *read, {no_key}), absl::OkStatus()) << schema->table();
    EXPECT_TRUE(pb::util::MessageDifferencer::Equals(*stored, *read)) << schema->table();
  }
}

TEST(SchemaTest, AnUnknownNameOfAnEnumStaysUnspecified) {
  const Schema& schema = Schema::Of(enrolment::v1::Cohort::descriptor());
  const KeyOf no_key = [](const std::string&, bool) { return Internal("nothing is encrypted"); };
  enrolment::v1::Cohort cohort;
  cohort.set_name("schools/nancy/cohorts/ai-1");
  cohort.set_state(enrolment::v1::Cohort::OPEN);
  Row row = *schema.ToRow(cohort, 1, {no_key});
  for (Value& value : row)
    if (value == Value(std::string("OPEN"))) value = std::string("SUSPENDED");
  enrolment::v1::Cohort read;
  ASSERT_EQ(schema.FromRow(row, read, {no_key}), absl::OkStatus());
  EXPECT_EQ(read.state(), enrolment::v1::Cohort::STATE_UNSPECIFIED);
}

class SealedSchemaTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    ASSERT_EQ(InUnit([&](Unit& unit) {
                enrolment::v1::Candidate zoe = SomeCandidate("zoe");
                return candidates_.Insert(unit, zoe);
              }),
              absl::OkStatus());
  }

  absl::StatusOr<enrolment::v1::Candidate> Zoe() {
    enrolment::v1::Candidate found;
    RETURN_IF_ERROR(InUnit([&](Unit& unit) -> absl::Status {
      ASSIGN_OR_RETURN(found, candidates_.Get(unit, "schools/nancy/candidates/zoe"));
      return absl::OkStatus();
    }));
    return found;
  }
};

TEST_P(SealedSchemaTest, PersonalDataIsReadableByTheKeyAlone) {
  EXPECT_EQ(Zoe()->family_name(), "Durand");
  EXPECT_EQ(Zoe()->birth_date().day(), 29);
  EXPECT_TRUE(Zoe()->jobseeker());
  ASSERT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
  const absl::StatusOr<Result> row = connection_->Query("SELECT * FROM candidates");
  connection_->Rollback();
  ASSERT_TRUE(row.ok()) << row.status();
  int encrypted = 0;
  for (const Value& value : row->rows[0]) {
    const Bytes* bytes = std::get_if<Bytes>(&value);
    if (bytes == nullptr) continue;
    ++encrypted;
    for (const char* secret : {"Durand", "Zoé", "zoe@example.org", "1996"})
      EXPECT_EQ(bytes->data.find(secret), std::string::npos) << secret;
  }
  EXPECT_EQ(encrypted, 11);  // birth_date and nine scalars; create_time is open; and the MAC
}

TEST_P(SealedSchemaTest, AnErasedPersonLeavesItsFieldsEmpty) {
  Execute("DELETE FROM person_keys WHERE person LIKE 'schools/nancy/candidates/zoe%'");
  const absl::StatusOr<enrolment::v1::Candidate> erased = Zoe();
  ASSERT_TRUE(erased.ok()) << erased.status();
  EXPECT_EQ(erased->family_name(), "");
  EXPECT_EQ(erased->email(), "");
  EXPECT_FALSE(erased->has_birth_date());
  EXPECT_EQ(erased->education_level(), 0);
  EXPECT_EQ(erased->create_time().seconds(), 1'800'000'000);
  EXPECT_EQ(erased->etag(), "1");
}

TEST_P(SealedSchemaTest, ASealedValueDoesNotOpenInAnotherPlace) {
  Execute("UPDATE candidates SET family_name = given_name");
  EXPECT_EQ(ReasonOf(Zoe().status()), "ROW_CHANGED");
  Execute("UPDATE candidates SET mac = NULL");
  ASSERT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
  Transaction transaction(*connection_, "nancy", &key_);
  const auto key_of = [&](const std::string& person, bool) {
    return transaction.keys().Of(person, false);
  };
  const Schema& schema = candidates_.schema();
  const absl::StatusOr<Result> row = connection_->Query(schema.SelectWhere("1 = 1"), {"nancy"});
  enrolment::v1::Candidate read;
  EXPECT_EQ(ReasonOf(schema.FromRow(row->rows.at(0), read, {key_of})), "DECRYPTION_FAILED");
  connection_->Rollback();
}

TEST_P(SealedSchemaTest, AKeyOfAnotherSchoolOpensNothing) {
  ASSERT_EQ(connection_->Begin(Access::kRead), absl::OkStatus());
  const security::SchoolKey other = security::SchoolKey::Random();
  Transaction transaction(*connection_, "nancy", &other);
  Unit unit(transaction);
  EXPECT_FALSE(candidates_.Get(unit, "schools/nancy/candidates/zoe").ok());
  connection_->Rollback();
}

INSTANTIATE_TEST_SUITE_P(Engines, SealedSchemaTest, testing::BothEngines(), testing::EngineName);

class DriftTest : public StoreTest {
 protected:
  absl::Status Drift() {
    RETURN_IF_ERROR(connection_->Begin(Access::kRead));
    const absl::Status drift = cohorts_.schema().CheckDrift(*connection_);
    connection_->Rollback();
    return drift;
  }
};

TEST_P(DriftTest, NoneAfterTheMigrations) { EXPECT_EQ(Drift(), absl::OkStatus()); }

TEST_P(DriftTest, NamesWhatDoesNotFit) {
  Execute("ALTER TABLE cohorts DROP COLUMN host_site");
  Execute("ALTER TABLE cohorts ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'");  // has a default:
                                                                                 // harmless
  Execute("ALTER TABLE cohorts RENAME COLUMN title TO label");
  const absl::Status drift = Drift();
  EXPECT_EQ(ReasonOf(drift), "SCHEMA_DRIFT");
  EXPECT_THAT(drift.message(), HasSubstr("host_site is missing"));
  EXPECT_THAT(drift.message(), HasSubstr("title is missing"));
  EXPECT_THAT(drift.message(), HasSubstr("label is NOT NULL and no field fills it"));
  EXPECT_THAT(drift.message(), ::testing::Not(HasSubstr("colour")));
}

TEST_P(DriftTest, NamesAFilterableFieldWithoutAnIndexThatPagesAreReadFrom) {
  Execute("DROP INDEX cohorts_by_start");
  Execute(
      "CREATE INDEX partial ON cohorts (school, start_date, name) WHERE start_date IS NOT NULL");
  Execute("DROP INDEX cohorts_by_state");
  Execute("CREATE INDEX no_name ON cohorts (school, state)");
  Execute("DROP INDEX cohorts_by_end");
  Execute("CREATE INDEX longer ON cohorts (school, end_date, name, capacity)");
  const absl::Status drift = Drift();
  EXPECT_EQ(ReasonOf(drift), "SCHEMA_DRIFT");
  EXPECT_THAT(drift.message(),
              HasSubstr("start_date is filterable without an index (school, start_date, name); "
                        "state is filterable without an index (school, state, name)"));
  EXPECT_THAT(drift.message(), Not(HasSubstr("end_date")));
}

TEST_P(DriftTest, NamesAColumnOfAnotherType) {
  Execute("ALTER TABLE cohorts DROP COLUMN host_site");
  Execute("ALTER TABLE cohorts ADD COLUMN host_site BIGINT");
  EXPECT_THAT(Drift().message(), HasSubstr("host_site is BIGINT, not TEXT"));
}

INSTANTIATE_TEST_SUITE_P(Engines, DriftTest, testing::BothEngines(), testing::EngineName);

// What no table can hold stops the process at its start, not at the first row.
TEST(SchemaDeathTest, AMessageThatIsNoResourceStopsTheStart) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(Schema::Of(enrolment::v1::Answer::descriptor()),
               "Answer cannot be a table: it has no name");
}

}  // namespace
}  // namespace vivier::storage
