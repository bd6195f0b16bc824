// A service as the site runs it: the object that owns its handlers, and how it is put together.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "shared/service/service.h"

namespace vivier::site {

struct Module {
  std::shared_ptr<void> owner;  // keeps the handlers' object
  rpc::Service service;

  const std::string& name() const { return service.name(); }
};

// `Owner` is a service class with `rpc::Service Rpc()`.
template <class Owner>
Module MakeModule() {
  auto owner = std::make_shared<Owner>();
  return {owner, owner->Rpc()};
}

}  // namespace vivier::site
