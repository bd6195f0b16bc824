#include "shared/site/reflection.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/descriptor.pb.h"
#include "grpc/reflection/v1alpha/reflection.pb.h"
#include "shared/base/error.h"
#include "shared/base/status.h"
#include "shared/security/secret.h"
#include "shared/service/catalogue.h"
#include "shared/service/rights.h"
#include "vivier/operations/v1/operations.pb.h"

namespace vivier::site {
namespace {

namespace pb = google::protobuf;
namespace v1 = grpc::reflection::v1;
using v1::ServerReflectionRequest;
using v1::ServerReflectionResponse;

// The file, then all that it imports, each once: then nobody has to ask for those.
void AddFile(const pb::FileDescriptor& file, std::set<const pb::FileDescriptor*>& added,
             v1::FileDescriptorResponse& files) {
  if (!added.insert(&file).second) return;
  pb::FileDescriptorProto described;
  file.CopyTo(&described);
  files.add_file_descriptor_proto(described.SerializeAsString());
  for (int i = 0; i < file.dependency_count(); ++i) AddFile(*file.dependency(i), added, files);
}

void Tell(const pb::FileDescriptor* file, const std::string& what,
          ServerReflectionResponse& response) {
  if (file == nullptr) {
    response.mutable_error_response()->set_error_code(
        static_cast<int>(absl::StatusCode::kNotFound));
    response.mutable_error_response()->set_error_message("there is no " + what);
    return;
  }
  std::set<const pb::FileDescriptor*> added;
  AddFile(*file, added, *response.mutable_file_descriptor_response());
}

const pb::FileDescriptor* FileOfExtension(const v1::ExtensionRequest& request) {
  const pb::DescriptorPool& pool = *pb::DescriptorPool::generated_pool();
  const pb::Descriptor* type = pool.FindMessageTypeByName(request.containing_type());
  const pb::FieldDescriptor* extension =
      type == nullptr ? nullptr : pool.FindExtensionByNumber(type, request.extension_number());
  return extension == nullptr ? nullptr : extension->file();
}

void TellNumbers(const std::string& name, ServerReflectionResponse& response) {
  const pb::DescriptorPool& pool = *pb::DescriptorPool::generated_pool();
  const pb::Descriptor* type = pool.FindMessageTypeByName(name);
  if (type == nullptr) return Tell(nullptr, name, response);
  std::vector<const pb::FieldDescriptor*> extensions;
  pool.FindAllExtensions(type, &extensions);
  auto& numbers = *response.mutable_all_extension_numbers_response();
  numbers.set_base_type_name(name);
  for (const pb::FieldDescriptor* extension : extensions)
    numbers.add_extension_number(extension->number());
}

// Whether a right follows from what the caller is called at one of the schools.
absl::StatusOr<bool> HasRights(const rpc::Entry& entry, const security::Caller& caller,
                               const std::vector<std::string>& schools, absl::Time now) {
  for (const std::string& school : schools) {
    const std::string name = absl::StrCat("schools/", school);
    ASSIGN_OR_RETURN(const rpc::Rights rights, entry.RightsAt(caller, name));
    if (rpc::EntitledTo(caller, name, rights, now).has_value()) return true;
  }
  return false;
}

}  // namespace

std::vector<const pb::ServiceDescriptor*> OutsidersServices(const std::set<std::string>& services) {
  const pb::Descriptor& operation = *operations::v1::Operation::descriptor();
  std::vector<const pb::ServiceDescriptor*> found;
  bool has_operations = false;
  for (const std::string& service : services) {
    const auto parts = rpc::GrpcServicesOf(service);
    found.insert(found.end(), parts.begin(), parts.end());
    for (const pb::MethodDescriptor* method : rpc::MethodsOf(service))
      has_operations |= method->output_type() == &operation;
  }
  if (has_operations) found.push_back(operation.file()->service(0));
  return found;
}

Reflection::May Reflection::WhoeverMayCall(const rpc::Entry& entry,
                                           security::TokenVerifier& verifier, rpc::Workers& workers,
                                           std::vector<std::string> schools,
                                           std::function<absl::Time()> now) {
  return [&entry, &verifier, &workers, schools = std::move(schools), now = std::move(now)](
             const rpc::Peer& peer, std::function<void(const absl::Status&)> then) {
    if (peer.authorization.empty())
      return then(
          Error(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING", "a bearer token is needed"));
    const absl::StatusOr<rpc::Entry::Token> token = entry.Authenticate(peer);
    if (!token.ok()) return then(token.status());
    const security::Caller& caller = (*token)->caller;
    if (!security::IsPrincipalOfSecret(caller.subject)) return then(absl::OkStatus());
    const auto judge = [&entry, &verifier, caller, schools, now, then] {
      const absl::StatusOr<bool> has = HasRights(entry, caller, schools, now());
      if (!has.ok()) return then(has.status());
      then(*has ? absl::OkStatus() : verifier.Refuse("no rights follow from the secret", now()));
    };
    workers.Submit(schools.front(), security::ShareOf(caller), {judge, then});
  };
}

ServerReflectionResponse Reflection::Answer(const ServerReflectionRequest& request) const {
  const pb::DescriptorPool& pool = *pb::DescriptorPool::generated_pool();
  ServerReflectionResponse response;
  response.set_valid_host(request.host());
  *response.mutable_original_request() = request;
  switch (request.message_request_case()) {
    case ServerReflectionRequest::kFileByFilename:
      Tell(pool.FindFileByName(request.file_by_filename()), request.file_by_filename(), response);
      break;
    case ServerReflectionRequest::kFileContainingSymbol:
      Tell(pool.FindFileContainingSymbol(request.file_containing_symbol()),
           request.file_containing_symbol(), response);
      break;
    case ServerReflectionRequest::kFileContainingExtension:
      Tell(FileOfExtension(request.file_containing_extension()),
           request.file_containing_extension().containing_type(), response);
      break;
    case ServerReflectionRequest::kAllExtensionNumbersOfType:
      TellNumbers(request.all_extension_numbers_of_type(), response);
      break;
    case ServerReflectionRequest::kListServices:
      for (const pb::ServiceDescriptor* service : services_)
        response.mutable_list_services_response()->add_service()->set_name(service->full_name());
      break;
    case ServerReflectionRequest::MESSAGE_REQUEST_NOT_SET:
      Tell(nullptr, "question in the message", response);
      break;
  }
  return response;
}

void Reflection::Answer(absl::string_view request, const rpc::Peer& peer,
                        std::shared_ptr<rpc::Responder> responder) {
  ServerReflectionRequest parsed;
  if (!parsed.ParseFromArray(request.data(), static_cast<int>(request.size())))
    return responder->Refuse(Error(absl::StatusCode::kInvalidArgument, "MALFORMED_REQUEST",
                                   "the bytes are no message of this rpc"));
  may_(peer, [self = shared_from_this(), parsed = std::move(parsed),
              responder = std::move(responder)](const absl::Status& status) {
    if (!status.ok()) return responder->Refuse(status);
    responder->Answer(
        std::make_shared<const std::string>(self->Answer(parsed).SerializeAsString()));
  });
}

std::vector<rpc::Endpoint> Reflection::Endpoints() {
  std::vector<rpc::Endpoint> endpoints;
  for (const pb::FileDescriptor* file :
       {ServerReflectionRequest::descriptor()->file(),
        grpc::reflection::v1alpha::ServerReflectionRequest::descriptor()->file()}) {
    rpc::Endpoint endpoint;
    endpoint.method = file->service(0)->method(0);
    endpoint.each = [self = shared_from_this()](absl::string_view request, const rpc::Peer& peer,
                                                std::shared_ptr<rpc::Responder> responder) {
      self->Answer(request, peer, std::move(responder));
    };
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

}  // namespace vivier::site
