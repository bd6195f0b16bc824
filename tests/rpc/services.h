// Every rpc that a site serves, and every reason that it may give. Stateless.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"
#include "services/modules.h"
#include "shared/service/catalogue.h"
#include "vivier/errors/v1/errors.pb.h"

namespace vivier::testing {

namespace pb = google::protobuf;

// Those that others build on first.
inline const std::vector<const pb::ServiceDescriptor*>& Services() {
  static const auto& services = *[] {
    auto* all = new std::vector<const pb::ServiceDescriptor*>;
    std::vector<std::string> names = rpc::TradeServices();
    EXPECT_EQ(names.size(), AllModules().size());
    names.insert(names.end(), {"log", "site", "operations"});
    for (const std::string& name : names)
      for (const pb::ServiceDescriptor* service : rpc::GrpcServicesOf(name))
        all->push_back(service);
    return all;
  }();
  return services;
}

inline std::vector<const pb::MethodDescriptor*> Methods() {
  std::vector<const pb::MethodDescriptor*> methods;
  for (const pb::ServiceDescriptor* service : Services())
    for (int i = 0; i < service->method_count(); ++i) methods.push_back(service->method(i));
  return methods;
}

// The values of all our enums of that name.
inline const std::set<std::string>& Reasons() {
  static const auto& reasons = *[] {
    auto* all = new std::set<std::string>;
    const auto add = [all](const pb::FileDescriptor* file) {
      const pb::EnumDescriptor* reason = file->FindEnumTypeByName("Reason");
      for (int i = 1; reason != nullptr && i < reason->value_count(); ++i)
        all->insert(reason->value(i)->name());
    };
    add(errors::v1::Reason_descriptor()->file());
    for (const std::string& service : rpc::TradeServices())
      for (const pb::FileDescriptor* file : rpc::FilesOf(service)) add(file);
    for (const pb::ServiceDescriptor* service : Services()) add(service->file());
    return all;
  }();
  return reasons;
}

}  // namespace vivier::testing
