#include "services/enrolment/files/inflate.h"

#include <array>

namespace vivier::enrolment {

Inflater::Inflater(Wrapping wrapping)
    : is_ready_(inflateInit2(&stream_, wrapping == Wrapping::kZlib ? MAX_WBITS : -MAX_WBITS) ==
                Z_OK) {}

Inflater::~Inflater() {
  if (is_ready_) inflateEnd(&stream_);
}

Inflater::Progress Inflater::Take(absl::string_view bytes, size_t& budget,
                                  const std::function<void(absl::string_view)>& take,
                                  size_t& used) {
  std::array<char, 16 << 10> out;
  used = 0;
  if (!is_ready_) return Progress::kBroken;
  // zlib's interface is older than const.
  stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream_.avail_in = static_cast<uInt>(bytes.size());
  while (true) {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&stream_, Z_NO_FLUSH);
    const size_t came = out.size() - stream_.avail_out;
    used = bytes.size() - stream_.avail_in;
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) return Progress::kBroken;
    if (came > budget) return Progress::kBroken;
    budget -= came;
    if (came > 0) take(absl::string_view(out.data(), came));
    if (result == Z_STREAM_END) return Progress::kEnd;
    if (stream_.avail_out > 0) return Progress::kMore;  // all of the bytes are used
  }
}

}  // namespace vivier::enrolment
