#include "shared/reference/proto_texts.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "google/protobuf/compiler/importer.h"
#include "gtest/gtest.h"
#include "shared/reference/api_pages.h"
#include "shared/service/catalogue.h"
#include "vivier/services.pb.h"

namespace vivier::reference {
namespace {

namespace pb = google::protobuf;

TEST(ProtoTexts, EveryRpcFieldAndReasonHasItsComment) {
  const CommentedProtos protos;
  for (const std::string& service : PagedServices())
    for (const pb::MethodDescriptor* method : rpc::MethodsOf(service)) {
      EXPECT_NE(protos.CommentOf(*method), "") << method->full_name();
      const pb::Descriptor& request = *method->input_type();
      for (int i = 0; i < request.field_count(); ++i)
        EXPECT_NE(protos.CommentOf(*request.field(i)), "") << request.field(i)->full_name();
    }
}

TEST(ProtoTexts, AreTheFilesOfTheRepository) {
  const std::filesystem::path protos =
      std::filesystem::path(std::getenv("VIVIER_SOURCE")) / "protos";
  ASSERT_FALSE(ProtoTexts().empty());
  for (const ProtoText& proto : ProtoTexts()) {
    std::ifstream file(protos / proto.path);
    std::stringstream text;
    text << file.rdbuf();
    EXPECT_EQ(proto.text, text.str()) << proto.path;
  }
}

// Another compiler makes of them what the build made, and the set is whole.
TEST(ProtoTexts, AreEnoughForWhoeverTakesThemAway) {
  std::string pattern = ::testing::TempDir() + "protos.XXXXXX";
  const std::string folder = mkdtemp(pattern.data());
  ASSERT_EQ(WriteProtos(folder), absl::OkStatus());
  pb::compiler::DiskSourceTree tree;
  tree.MapPath("", folder);
  tree.MapPath("", "/usr/include");
  pb::compiler::Importer importer(&tree, nullptr);
  const pb::FileDescriptor* index = importer.Import("vivier/services.proto");
  ASSERT_NE(index, nullptr);
  EXPECT_EQ(index->public_dependency_count(), static_cast<int>(rpc::TradeServices().size()));

  std::ifstream file(folder + "/vivier.binpb", std::ios::binary);
  pb::FileDescriptorSet set;
  ASSERT_TRUE(set.ParseFromIstream(&file));
  pb::DescriptorPool pool;
  for (const pb::FileDescriptorProto& one : set.file())
    ASSERT_NE(pool.BuildFile(one), nullptr) << one.name() << " stands before what it imports";
  EXPECT_GE(static_cast<size_t>(set.file_size()), ProtoTexts().size());
  std::filesystem::remove_all(folder);
}

TEST(ProtoTexts, AFolderThatCannotBeWrittenIsSaid) {
  EXPECT_EQ(WriteProtos("/proc/nowhere").code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace vivier::reference
