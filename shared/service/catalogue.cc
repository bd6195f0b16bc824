#include "shared/service/catalogue.h"

#include <algorithm>
#include <map>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/api/resource.pb.h"
#include "vivier/services.pb.h"

namespace vivier::rpc {
namespace {

namespace pb = google::protobuf;

// What every process serves beside the trade.
constexpr const char* kOfTheHouse[] = {"log", "operations", "site"};

void CollectFiles(const pb::FileDescriptor& file, std::vector<const pb::FileDescriptor*>& files) {
  if (std::find(files.begin(), files.end(), &file) != files.end()) return;
  for (int i = 0; i < file.dependency_count(); ++i)
    if (file.dependency(i)->package() == file.package()) CollectFiles(*file.dependency(i), files);
  files.push_back(&file);
}

using ByType = absl::flat_hash_map<const pb::Descriptor*, const pb::MethodDescriptor*>;

const ByType& MethodsByRequest() {
  static const auto& methods = *[] {
    auto* all = new ByType;
    std::vector<std::string> services = TradeServices();
    services.insert(services.end(), std::begin(kOfTheHouse), std::end(kOfTheHouse));
    for (const std::string& service : services)
      for (const pb::MethodDescriptor* method : MethodsOf(service))
        all->emplace(method->input_type(), method);
    return all;
  }();
  return methods;
}

}  // namespace

std::string ServiceOf(const pb::FileDescriptor* file) {
  const std::vector<std::string> parts = absl::StrSplit(file->package(), '.');
  return parts.size() == 3 && parts[0] == "vivier" ? parts[1] : "";
}

const std::vector<std::string>& TradeServices() {
  static const auto& services = *[] {
    auto* names = new std::vector<std::string>;
    const pb::FileDescriptor* index =
        pb::DescriptorPool::generated_pool()->FindFileByName("vivier/services.proto");
    for (int i = 0; index != nullptr && i < index->public_dependency_count(); ++i)
      names->push_back(ServiceOf(index->public_dependency(i)));
    return names;
  }();
  return services;
}

const pb::FileDescriptor* IndexOf(const std::string& service) {
  return pb::DescriptorPool::generated_pool()->FindFileByName(
      absl::StrCat("vivier/", service, "/v1/", service, ".proto"));
}

std::vector<const pb::FileDescriptor*> FilesOf(const std::string& service) {
  std::vector<const pb::FileDescriptor*> files;
  if (const pb::FileDescriptor* index = IndexOf(service)) CollectFiles(*index, files);
  return files;
}

std::vector<const pb::ServiceDescriptor*> GrpcServicesOf(const std::string& service) {
  std::vector<const pb::ServiceDescriptor*> services;
  for (const pb::FileDescriptor* file : FilesOf(service))
    for (int i = 0; i < file->service_count(); ++i) services.push_back(file->service(i));
  return services;
}

std::vector<const pb::MethodDescriptor*> MethodsOf(const std::string& service) {
  std::vector<const pb::MethodDescriptor*> methods;
  for (const pb::ServiceDescriptor* part : GrpcServicesOf(service))
    for (int i = 0; i < part->method_count(); ++i) methods.push_back(part->method(i));
  return methods;
}

const pb::MethodDescriptor* MethodTaking(const pb::Descriptor& request) {
  const auto found = MethodsByRequest().find(&request);
  if (found != MethodsByRequest().end()) return found->second;
  const pb::FileDescriptor& file = *request.file();  // of a package that is no service's
  for (int s = 0; s < file.service_count(); ++s)
    for (int m = 0; m < file.service(s)->method_count(); ++m)
      if (file.service(s)->method(m)->input_type() == &request) return file.service(s)->method(m);
  return nullptr;
}

const pb::MethodDescriptor* MethodGetting(const pb::Descriptor& resource) {
  static const auto& getters = *[] {
    auto* all = new ByType;
    for (const std::string& service : TradeServices())
      for (const pb::MethodDescriptor* method : MethodsOf(service))
        if (method->name() == "Get" + method->output_type()->name())
          all->emplace(method->output_type(), method);
    return all;
  }();
  const auto found = getters.find(&resource);
  return found == getters.end() ? nullptr : found->second;
}

const pb::Descriptor* ResourceType(const std::string& type) {
  static const auto& types = *[] {
    auto* all = new std::map<std::string, const pb::Descriptor*>;
    for (const std::string& service : TradeServices())
      for (const pb::FileDescriptor* file : FilesOf(service))
        for (int i = 0; i < file->message_type_count(); ++i)
          if (const pb::Descriptor* message = file->message_type(i);
              message->options().HasExtension(google::api::resource))
            all->emplace(message->options().GetExtension(google::api::resource).type(), message);
    return all;
  }();
  const auto found = types.find(type);
  return found == types.end() ? nullptr : found->second;
}

}  // namespace vivier::rpc
