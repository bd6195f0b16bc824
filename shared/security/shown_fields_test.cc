#include "shared/security/shown_fields.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "vivier/enrolment/v1/enrolment.pb.h"

namespace vivier::security {
namespace {

using enrolment::v1::Application;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const google::protobuf::Descriptor& Type() { return *Application::descriptor(); }

ShownFields Fields(const std::string& text) { return *ShownFields::Parse(Type(), text); }

const google::protobuf::FieldDescriptor& Field(const std::string& name) {
  return *Type().FindFieldByName(name);
}

Application Whole() {
  Application application;
  application.set_name("n");
  application.set_channel("c");
  for (int i = 0; i < 2; ++i) {
    application.add_scores()->set_points(7);
    application.mutable_scores(i)->set_comment("late");
  }
  return application;
}

TEST(ShownFields, ClearsTheOthersHoweverDeep) {
  Application application = Whole();
  Fields("*").ClearOthers(application);
  EXPECT_EQ(application.SerializeAsString(), Whole().SerializeAsString());
  Fields("name scores.points").ClearOthers(application);
  EXPECT_EQ(application.name(), "n");
  EXPECT_EQ(application.channel(), "");
  ASSERT_EQ(application.scores_size(), 2);
  EXPECT_EQ(application.scores(1).points(), 7);
  EXPECT_EQ(application.scores(1).comment(), "");
  ShownFields().ClearOthers(application);
  EXPECT_EQ(application.SerializeAsString(), "");
}

TEST(ShownFields, HasAFieldInPartOrWhole) {
  const ShownFields some = Fields("name scores.points");
  EXPECT_TRUE(some.HasAllOf(Field("name")));
  EXPECT_TRUE(some.Has(Field("scores")));
  EXPECT_FALSE(some.HasAllOf(Field("scores")));
  EXPECT_FALSE(some.Has(Field("channel")));
  EXPECT_TRUE(Fields("*").HasAllOf(Field("channel")));
}

TEST(ShownFields, JoinsAndMeets) {
  const struct {
    std::string one, other;
    std::vector<std::string> joined, met;
  } rows[] = {
      {"*", "name", {"*"}, {"name"}},
      {"name", "*", {"*"}, {"name"}},
      {"", "name", {"name"}, {}},
      {"name scores.points", "channel scores", {"name", "channel", "scores"}, {"scores.points"}},
      {"scores.points", "scores.comment", {"scores.points", "scores.comment"}, {}},
  };
  for (const auto& row : rows) {
    ShownFields joined = Fields(row.one), met = Fields(row.one);
    joined.Join(Fields(row.other));
    met.Meet(Fields(row.other));
    EXPECT_EQ(joined.Paths(Type()), row.joined) << row.one << " and " << row.other;
    EXPECT_EQ(met.Paths(Type()), row.met) << row.one << " and " << row.other;
  }
}

TEST(ShownFields, NamesTheFieldThatThereIsNot) {
  for (const char* text : {"nme", "name.x", "scores.pints", "name  scores.points.x"}) {
    const auto fields = ShownFields::Parse(Type(), text);
    EXPECT_THAT(fields.status().message(), HasSubstr("which it does not have")) << text;
  }
}

}  // namespace
}  // namespace vivier::security
