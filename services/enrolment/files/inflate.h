// A deflated stream expanded a piece at a time, never more than a budget of bytes: a few bytes may
// stand for gigabytes. Not thread-safe.
#pragma once

#include <zlib.h>

#include <functional>
#include <memory>

#include "absl/strings/string_view.h"

namespace vivier::enrolment {

class Inflater {
 public:
  enum class Wrapping { kNone, kZlib };  // of ZIP; of PDF
  enum class Progress { kMore, kEnd, kBroken };

  explicit Inflater(Wrapping wrapping);
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Expands `bytes` and hands over what comes. kBroken where they are no such stream, or expand to
  // more than the budget, which goes down with it. `used` is how many bytes belonged to the stream.
  Progress Take(absl::string_view bytes, size_t& budget,
                const std::function<void(absl::string_view)>& take, size_t& used);

 private:
  z_stream stream_ = {};
  bool is_ready_ = false;
};

}  // namespace vivier::enrolment
