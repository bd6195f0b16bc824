#include "shared/reference/proto_texts.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/compiler/importer.h"
#include "google/protobuf/descriptor_database.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "shared/base/file.h"
#include "shared/base/status.h"

namespace vivier::reference {
namespace {

namespace pb = google::protobuf;

class Texts : public pb::compiler::SourceTree {
 public:
  pb::io::ZeroCopyInputStream* Open(const std::string& path) override {
    for (const ProtoText& proto : ProtoTexts())
      if (proto.path == path)
        return new pb::io::ArrayInputStream(proto.text.data(), static_cast<int>(proto.text.size()));
    return nullptr;
  }
};

// The build compiled the same texts, so none is wrong.
class NoErrors : public pb::compiler::MultiFileErrorCollector {
 public:
  void AddError(const std::string& path, int line, int, const std::string& message) override {
    std::fprintf(stderr, "%s:%d: %s\n", path.c_str(), line + 1, message.c_str());
    std::abort();
  }
};

// "a\nb\n\nc" → "a b\n\nc"; the lines of a list or a drawing stay.
std::string AsParagraphs(const std::string& comment) {
  std::string text;
  bool fresh = true;  // nothing stands on this line yet
  for (absl::string_view line : absl::StrSplit(absl::StripAsciiWhitespace(comment), '\n')) {
    if (!line.empty() && line[0] == ' ') line.remove_prefix(1);
    if (line.empty()) {
      absl::StrAppend(&text, "\n\n");
      fresh = true;
      continue;
    }
    const bool own_line = line[0] == ' ' || line[0] == '-';
    absl::StrAppend(&text, fresh ? "" : own_line ? "\n" : " ", line);
    fresh = false;
  }
  return text;
}

template <class Descriptor>
std::string Before(const Descriptor* found) {
  pb::SourceLocation location;
  if (found == nullptr || !found->GetSourceLocation(&location)) return "";
  return AsParagraphs(location.leading_comments);
}

void AddAfterImports(const pb::FileDescriptor& file, std::set<const pb::FileDescriptor*>& added,
                     pb::FileDescriptorSet& set) {
  if (!added.insert(&file).second) return;
  for (int i = 0; i < file.dependency_count(); ++i)
    AddAfterImports(*file.dependency(i), added, set);
  pb::FileDescriptorProto* copy = set.add_file();
  file.CopyTo(copy);
  file.CopySourceCodeInfoTo(copy);
}

}  // namespace

class CommentedProtos::Reading {
 public:
  Reading() : linked_(*pb::DescriptorPool::generated_pool()), database_(&texts_, &linked_) {
    database_.RecordErrorsTo(&errors_);
  }
  const pb::DescriptorPool& pool() const { return pool_; }

 private:
  Texts texts_;
  NoErrors errors_;
  pb::DescriptorPoolDatabase linked_;  // has what is of google/protobuf
  pb::compiler::SourceTreeDescriptorDatabase database_;
  pb::DescriptorPool pool_{&database_, database_.GetValidationErrorCollector()};
};

CommentedProtos::CommentedProtos() : reading_(std::make_unique<Reading>()) {
  for (const ProtoText& proto : ProtoTexts()) pool().FindFileByName(proto.path);
}
CommentedProtos::~CommentedProtos() = default;

const pb::DescriptorPool& CommentedProtos::pool() const { return reading_->pool(); }

std::string CommentedProtos::CommentOf(const pb::MethodDescriptor& method) const {
  return Before(pool().FindMethodByName(method.full_name()));
}
std::string CommentedProtos::CommentOf(const pb::ServiceDescriptor& service) const {
  return Before(pool().FindServiceByName(service.full_name()));
}
std::string CommentedProtos::CommentOf(const pb::Descriptor& message) const {
  return Before(pool().FindMessageTypeByName(message.full_name()));
}
std::string CommentedProtos::CommentOf(const pb::FieldDescriptor& field) const {
  return Before(pool().FindFieldByName(field.full_name()));
}
std::string CommentedProtos::CommentOf(const pb::EnumValueDescriptor& value) const {
  return Before(pool().FindEnumValueByName(value.full_name()));
}

pb::FileDescriptorSet CommentedProtos::Set() const {
  pb::FileDescriptorSet set;
  std::set<const pb::FileDescriptor*> added;
  for (const ProtoText& proto : ProtoTexts())
    AddAfterImports(*pool().FindFileByName(proto.path), added, set);
  return set;
}

absl::Status WriteProtos(const std::string& folder) {
  for (const ProtoText& proto : ProtoTexts())
    RETURN_IF_ERROR(WriteNamed("DIR", absl::StrCat(folder, "/", proto.path), proto.text));
  return WriteNamed("DIR", folder + "/vivier.binpb", CommentedProtos().Set().SerializeAsString());
}

}  // namespace vivier::reference
