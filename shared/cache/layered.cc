#include "shared/cache/layered.h"

#include <algorithm>
#include <future>
#include <utility>

#include "absl/time/clock.h"
#include "shared/base/error.h"

namespace vivier::cache {
namespace {

constexpr absl::Duration kUnwatchedLife = absl::Seconds(2);

}  // namespace

Layered::Layered(size_t near_bytes_max, std::optional<Redis::Options> redis)
    : now_(redis ? redis->now : [] { return absl::Now(); }), near_(near_bytes_max) {
  if (!redis) return;
  // What was kept before changes were heard might have changed unheard.
  redis_ = std::make_unique<Redis>(*std::move(redis),
                                   Redis::Listener{[this](absl::string_view name) { Drop(name); },
                                                   [this] { Forget(); }, [this] { Forget(); }});
}

Layered::~Layered() = default;

void Layered::Fetch(const std::string& name, uint64_t fingerprint, Loader loader,
                    Callback callback) {
  if (Bytes bytes = near_.Get(name)) return callback(std::move(bytes));
  const FlightPointer flight = Join(name, fingerprint, std::move(callback));
  if (flight == nullptr) return;
  const auto load = [this, flight, loader = std::move(loader)] {
    loader([this, flight, begin = now_()](absl::StatusOr<Versioned> loaded) {
      Land(flight, KeepLoaded(*flight, begin, std::move(loaded)));
    });
  };
  if (redis_ == nullptr) return load();
  redis_->Get(name, fingerprint, [this, flight, load](std::optional<Versioned> value) {
    if (!value) return load();
    Land(flight, KeepNear(*flight, *std::move(value)));
  });
}

absl::StatusOr<Bytes> Layered::FetchBlocking(const std::string& name, uint64_t fingerprint,
                                             const BlockingLoader& loader, absl::Time deadline) {
  if (Bytes bytes = near_.Get(name)) return bytes;
  const auto outcome = std::make_shared<std::promise<absl::StatusOr<Bytes>>>();
  std::future<absl::StatusOr<Bytes>> answer = outcome->get_future();
  const FlightPointer flight = Join(name, fingerprint, [outcome](absl::StatusOr<Bytes> bytes) {
    outcome->set_value(std::move(bytes));
  });
  if (flight == nullptr) {
    if (answer.wait_until(absl::ToChronoTime(deadline)) == std::future_status::ready)
      return answer.get();
    return Error(absl::StatusCode::kDeadlineExceeded, "DEADLINE_PASSED",
                 "the owner did not answer in time");
  }
  std::optional<Versioned> value;
  if (redis_ != nullptr) {
    std::promise<std::optional<Versioned>> read;
    redis_->Get(name, fingerprint,
                [&read](std::optional<Versioned> found) { read.set_value(std::move(found)); });
    value = read.get_future().get();  // within a command's time, whatever Redis does
  }
  if (value) {
    Land(flight, KeepNear(*flight, *std::move(value)));
  } else {
    const absl::Time begin = now_();
    Land(flight, KeepLoaded(*flight, begin, loader()));
  }
  return answer.get();
}

Layered::FlightPointer Layered::Join(const std::string& name, uint64_t fingerprint,
                                     Callback callback) {
  const std::lock_guard lock(mutex_);
  FlightPointer& flight = flights_[name];
  if (flight != nullptr) {
    flight->callbacks.push_back(std::move(callback));
    counters_.joined.fetch_add(1, std::memory_order_relaxed);
    return nullptr;
  }
  flight = std::make_shared<Flight>(Flight{name, fingerprint, near_.TicketFor(name), {}});
  flight->callbacks.push_back(std::move(callback));
  return flight;
}

void Layered::Land(const FlightPointer& flight, absl::StatusOr<Bytes> answer) {
  std::vector<Callback> callbacks;
  {
    const std::lock_guard lock(mutex_);
    callbacks.swap(flight->callbacks);
    const auto found = flights_.find(flight->name);
    if (found != flights_.end() && found->second == flight) flights_.erase(found);
  }
  for (const Callback& callback : callbacks) callback(answer);
}

Bytes Layered::KeepNear(const Flight& flight, Versioned value) {
  auto bytes = std::make_shared<const std::string>(std::move(value.payload));
  const bool is_watched = redis_ != nullptr && redis_->is_ready();
  // Its age counts here as well, so that two layers do not make twice the age.
  near_.Put(flight.ticket, flight.name, value.version, bytes,
            std::min(value.loaded_at + kAgeMax - now_(), is_watched ? kAgeMax : kUnwatchedLife));
  return bytes;
}

absl::StatusOr<Bytes> Layered::KeepLoaded(const Flight& flight, absl::Time begin,
                                          absl::StatusOr<Versioned> loaded) {
  CountLoad(begin);
  if (!loaded.ok()) return std::move(loaded).status();
  loaded->loaded_at = begin;
  if (redis_ != nullptr) redis_->SetIfNewer(flight.name, flight.fingerprint, *loaded);
  return KeepNear(flight, *std::move(loaded));
}

void Layered::Drop(absl::string_view name) {
  near_.Drop(name);
  const std::lock_guard lock(mutex_);
  flights_.erase(name);
}

void Layered::CountLoad(absl::Time begin) {
  counters_.loads.fetch_add(1, std::memory_order_relaxed);
  counters_.load_nanoseconds.fetch_add(
      static_cast<uint64_t>(absl::ToInt64Nanoseconds(now_() - begin)), std::memory_order_relaxed);
}

void Layered::Forget() {
  near_.Clear();
  const std::lock_guard lock(mutex_);
  flights_.clear();
}

}  // namespace vivier::cache
