#include "shared/service/channel.h"

#include "absl/strings/str_cat.h"
#include "shared/service/method.h"

namespace vivier::rpc {

namespace {

namespace pb = google::protobuf;

// The rpcs of a service are in the file of its name, which may import some of their requests.
const pb::FileDescriptor* RpcFile(const pb::Descriptor& request) {
  if (request.file()->service_count() > 0) return request.file();
  const std::string service = ServiceOf(request.file());
  return request.file()->pool()->FindFileByName(
      absl::StrCat("vivier/", service, "/v1/", service, ".proto"));
}

}  // namespace

const pb::MethodDescriptor* MethodTaking(const pb::Descriptor& request) {
  const pb::FileDescriptor* file = RpcFile(request);
  for (int s = 0; file != nullptr && s < file->service_count(); ++s)
    for (int m = 0; m < file->service(s)->method_count(); ++m)
      if (file->service(s)->method(m)->input_type() == &request) return file->service(s)->method(m);
  return nullptr;
}

}  // namespace vivier::rpc
