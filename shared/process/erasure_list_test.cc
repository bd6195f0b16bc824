#include "shared/process/erasure_list.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "gtest/gtest.h"
#include "shared/base/error.h"
#include "vivier/enrolment/v1/people.pb.h"

namespace vivier::site {
namespace {

using enrolment::v1::PersonErased;

class ErasureListTest : public ::testing::Test {
 protected:
  ErasureListTest()
      : data_((std::filesystem::temp_directory_path() / "vivier-list-XXXXXX").string()) {
    EXPECT_NE(mkdtemp(data_.data()), nullptr);
  }
  ~ErasureListTest() override { std::filesystem::remove_all(data_); }

  static ListedErasure Erasure(const std::string& candidate) {
    auto event = std::make_shared<PersonErased>();
    event->set_candidate(candidate);
    event->add_persons(candidate);
    return {"nancy", event};
  }

  std::string data_;
};

TEST_F(ErasureListTest, IsEmptyWithoutAFolder) {
  const auto erasures = ReadList(data_);
  ASSERT_TRUE(erasures.ok()) << erasures.status();
  EXPECT_TRUE(erasures->empty());
}

TEST_F(ErasureListTest, GivesBackWhatEveryServiceListed) {
  ASSERT_EQ(AppendToList(data_, "enrolment", {Erasure("a"), Erasure("b")}), absl::OkStatus());
  ASSERT_EQ(AppendToList(data_, "funding", {Erasure("c")}), absl::OkStatus());
  ASSERT_EQ(AppendToList(data_, "enrolment", {Erasure("d")}), absl::OkStatus());
  const auto erasures = ReadList(data_);
  ASSERT_TRUE(erasures.ok()) << erasures.status();
  std::set<std::string> candidates;
  for (const ListedErasure& erasure : *erasures) {
    EXPECT_EQ(erasure.school, "nancy");
    candidates.insert(static_cast<const PersonErased&>(*erasure.event).candidate());
  }
  EXPECT_EQ(candidates, (std::set<std::string>{"a", "b", "c", "d"}));
}

// A list that cannot be read is no list of nobody.
TEST_F(ErasureListTest, RefusesALineThatIsNone) {
  ASSERT_EQ(AppendToList(data_, "enrolment", {Erasure("a")}), absl::OkStatus());
  for (const char* line :
       {"{}", "nancy vivier.NoSuchEvent {}", "nancy vivier.enrolment.v1.PersonErased {\"cand\"}"}) {
    std::ofstream(data_ + "/erased/funding") << line << "\n";
    EXPECT_EQ(ReasonOf(ReadList(data_).status()), "ERASURE_LIST") << line;
  }
}

// A crash in the middle of a line: the database has not noted that it is listed, and lists it
// again.
TEST_F(ErasureListTest, PassesOverALineThatWasCut) {
  std::filesystem::create_directories(data_ + "/erased");
  std::ofstream(data_ + "/erased/enrolment") << "nancy vivier.enrolment.v1.PersonErased {\"cand";
  ASSERT_EQ(AppendToList(data_, "enrolment", {Erasure("a")}), absl::OkStatus());
  const auto erasures = ReadList(data_);
  ASSERT_TRUE(erasures.ok()) << erasures.status();
  EXPECT_EQ(erasures->size(), 1u);
}

}  // namespace
}  // namespace vivier::site
