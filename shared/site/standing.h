// How a school stands at a parent: what its process keeps of it (shared/follow/parent_secret.h),
// and what the parent itself says of the secret, asked by an rpc that stores nothing there.
// Functions without state, thread-safe.
#pragma once

#include <string>
#include <vector>

#include "shared/site/site.h"

namespace vivier::site {

struct Standing {
  enum State { kKnown, kUnsure, kNotKnown };  // kUnsure: it waits for the one side or the other

  State state = kUnsure;
  std::string found;   // "is known there until …"
  std::string advice;  // "" where it is known
};

// May wait for the parent.
Standing StandingAt(const config::v1::Parent& parent, const std::string& school,
                    const std::string& data, const std::vector<Module>& modules);

}  // namespace vivier::site
