#include "shared/transport/waiting_calls.h"

#include "absl/time/clock.h"

namespace vivier::transport {

void WaitingCalls::Serve() {
  absl::Time now = absl::Now();
  for (const std::shared_ptr<WaitingCall>& call : line_.Shed(now)) call->Shed();
  for (const absl::Time end = now + kSlice; !line_.empty() && now < end; now = absl::Now())
    line_.Take(now)->item->Begin();
}

}  // namespace vivier::transport
