// Bytes in and out of gRPC's buffers, without copying an answer.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace vivier::transport {

// A buffer that keeps the string alive until it is sent.
grpc::ByteBuffer Wrap(std::shared_ptr<const std::string> bytes);

// A buffer with a copy of `bytes`.
grpc::ByteBuffer Copied(const std::string& bytes);

// The buffer as one piece, held by `slice`. An empty view for an empty buffer.
absl::string_view Whole(grpc::ByteBuffer& buffer, grpc::Slice& slice);

}  // namespace vivier::transport
