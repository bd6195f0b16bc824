#include "shared/web/gzip.h"

#include <zlib.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "shared/base/error.h"

namespace vivier::web {
namespace {

constexpr int kGzip = MAX_WBITS + 16;  // zlib's way to ask for gzip's own head
constexpr int kLevel = 4;              // half the time of the default for 3 % more bytes
constexpr int kMemory = 8;
constexpr size_t kStepBytes = 16 * 1024;

z_stream StreamOver(absl::string_view bytes) {
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  return stream;
}

}  // namespace

absl::StatusOr<std::string> Gunzip(absl::string_view bytes, size_t bytes_max) {
  z_stream stream = StreamOver(bytes);
  if (inflateInit2(&stream, kGzip) != Z_OK) return Unavailable("no memory to expand the request");
  std::string plain;
  int result = Z_OK;
  while (result == Z_OK && plain.size() <= bytes_max) {
    const size_t before = plain.size();
    plain.resize(std::min(before + kStepBytes, bytes_max + 1));
    stream.next_out = reinterpret_cast<Bytef*>(plain.data() + before);
    stream.avail_out = static_cast<uInt>(plain.size() - before);
    result = inflate(&stream, Z_NO_FLUSH);
    plain.resize(plain.size() - stream.avail_out);
  }
  const bool whole = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  if (plain.size() > bytes_max)
    return Error(absl::StatusCode::kResourceExhausted, "REQUEST_TOO_LARGE",
                 absl::StrCat("expanded, the request has more than the ", bytes_max,
                              " bytes that are accepted"));
  if (!whole)
    return Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
                 "the body is not one gzip stream");
  return plain;
}

std::string Gzip(absl::string_view bytes) {
  z_stream stream = StreamOver(bytes);
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kGzip, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    return "";
  std::string packed(deflateBound(&stream, static_cast<uLong>(bytes.size())), '\0');
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int result = deflate(&stream, Z_FINISH);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return result == Z_STREAM_END ? packed : "";
}

}  // namespace vivier::web
