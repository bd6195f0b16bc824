// Who may read a secret file beside its owner. The tables of the files' content are in
// school_key_test.cc.
#include "shared/security/secret_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace vivier::security {
namespace {

constexpr uid_t kNobody = 65534;

struct Row {
  mode_t mode;
  uid_t owner;
  bool readable;
};

// A process that is not root's, in root's group, as in a pod it is in the group that its secrets
// are given to.
TEST(SecretFile, OfRootMayBeReadByTheGroupThatRootChose) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can make files of root's";
  std::string pattern = (std::filesystem::temp_directory_path() / "secret-file-XXXXXX").string();
  const std::filesystem::path folder = mkdtemp(pattern.data());
  chmod(folder.c_str(), 0755);
  const std::string path = folder / "key";
  const Row rows[] = {{0440, 0, true},        {0640, 0, true},       {0460, 0, false},
                      {0444, 0, false},       {0400, kNobody, true}, {0600, kNobody, true},
                      {0440, kNobody, false}, {0640, kNobody, false}};
  for (const Row& row : rows) {
    std::ofstream(path) << "secret";
    ASSERT_EQ(chown(path.c_str(), row.owner, 0), 0);
    ASSERT_EQ(chmod(path.c_str(), row.mode), 0);
    ASSERT_EQ(seteuid(kNobody), 0);
    const bool readable = ReadSecretFile(path).ok();
    ASSERT_EQ(seteuid(0), 0);
    EXPECT_EQ(readable, row.readable) << std::oct << row.mode << " of " << std::dec << row.owner;
  }
  std::filesystem::remove_all(folder);
}

TEST(SecretFile, IsReplacedAsAWholeAndForNobodyElse) {
  std::string pattern = (std::filesystem::temp_directory_path() / "secret-file-XXXXXX").string();
  const std::filesystem::path root = mkdtemp(pattern.data());
  const std::string path = root / "parents" / "france.nancy";
  EXPECT_TRUE(ReplaceSecretFile(path, "first").ok());
  EXPECT_EQ(std::filesystem::status(root / "parents").permissions(),
            std::filesystem::perms::owner_all);
  std::ofstream(path + ".new") << "of one that was killed";
  EXPECT_TRUE(ReplaceSecretFile(path, "second").ok());
  EXPECT_EQ(ReadSecretFile(path).value_or(""), "second");
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));
  EXPECT_FALSE(ReplaceSecretFile("/proc/none/file", "third").ok());
  std::filesystem::remove_all(root);
}

}  // namespace
}  // namespace vivier::security
