#include "shared/transport/waiting_calls.h"

#include "absl/time/clock.h"

namespace vivier::transport {

void WaitingCalls::Serve(absl::Duration slice) {
  for (const std::shared_ptr<WaitingCall>& call : line_.Shed(absl::Now())) call->Shed();
  absl::Time now = absl::Now();
  for (const absl::Time end = now + slice; !line_.empty() && now < end; now = absl::Now())
    line_.Take(now)->item->Begin();
}

}  // namespace vivier::transport
