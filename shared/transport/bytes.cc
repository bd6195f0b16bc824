#include "shared/transport/bytes.h"

#include <utility>

namespace vivier::transport {

grpc::ByteBuffer Wrap(std::shared_ptr<const std::string> bytes) {
  auto* owner = new std::shared_ptr<const std::string>(std::move(bytes));
  const grpc::Slice slice(
      const_cast<char*>((*owner)->data()), (*owner)->size(),
      [](void* kept) { delete static_cast<std::shared_ptr<const std::string>*>(kept); }, owner);
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer Copied(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

absl::string_view Whole(grpc::ByteBuffer& buffer, grpc::Slice& slice) {
  if (!buffer.Valid() || buffer.Length() == 0) return {};
  // A message that came in several frames is not one slice: about one in a thousand.
  if (!buffer.TrySingleSlice(&slice).ok() && !buffer.DumpToSingleSlice(&slice).ok()) return {};
  return {reinterpret_cast<const char*>(slice.begin()), slice.size()};
}

}  // namespace vivier::transport
