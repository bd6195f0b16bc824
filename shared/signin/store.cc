#include "shared/signin/store.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "shared/base/error.h"
#include "shared/base/hash.h"
#include "shared/base/status.h"
#include "shared/security/secret_file.h"

namespace vivier::signin {
namespace {

namespace fs = std::filesystem;
constexpr absl::Duration kRefreshBefore = absl::Minutes(1);

std::string Folder() {
  const char* config = std::getenv("XDG_CONFIG_HOME");
  if (config != nullptr && *config != '\0') return absl::StrCat(config, "/vivier");
  const char* home = std::getenv("HOME");
  return absl::StrCat(home == nullptr ? "." : home, "/.config/vivier");
}

std::string PathOf(const std::string& issuer) {
  return absl::StrCat(Folder(), "/", Hex(Sha256(issuer)).substr(0, 16), ".json");
}

std::string JsonOf(const SignedIn& signed_in) {
  google::protobuf::Struct json;
  const auto set = [&json](const char* name, const std::string& value) {
    (*json.mutable_fields())[name].set_string_value(value);
  };
  set("issuer", signed_in.client.issuer);
  set("client_id", signed_in.client.id);
  set("scope", signed_in.client.scope);
  set("resource", signed_in.client.resource);
  set("access_token", signed_in.tokens.access_token);
  set("refresh_token", signed_in.tokens.refresh_token);
  (*json.mutable_fields())["expire_time"].set_number_value(
      static_cast<double>(absl::ToUnixSeconds(signed_in.tokens.expire_time)));
  std::string text;
  return google::protobuf::util::MessageToJsonString(json, &text).ok() ? text : "";
}

}  // namespace

absl::StatusOr<std::optional<SignedIn>> Load(const std::string& issuer) {
  std::error_code error;
  const std::string path = PathOf(issuer);
  if (!fs::exists(path, error)) return std::nullopt;
  ASSIGN_OR_RETURN(const std::string text, security::ReadSecretFile(path));
  Answer stored;
  if (!google::protobuf::util::JsonStringToMessage(text, &stored.json).ok())
    return Error(absl::StatusCode::kFailedPrecondition, "SECRET_FILE",
                 absl::StrCat(path, " is no JSON; vivier logout removes it"));
  SignedIn signed_in;
  signed_in.client.issuer = stored.Text("issuer");
  signed_in.client.id = stored.Text("client_id");
  signed_in.client.scope = stored.Text("scope");
  signed_in.client.resource = stored.Text("resource");
  signed_in.tokens = {stored.Text("access_token"), stored.Text("refresh_token"),
                      absl::FromUnixSeconds(static_cast<int64_t>(stored.Number("expire_time")))};
  return signed_in;
}

absl::StatusOr<std::string> Save(const SignedIn& signed_in) {
  const std::string path = PathOf(signed_in.client.issuer);
  std::error_code error;
  fs::create_directories(Folder(), error);
  fs::permissions(Folder(), fs::perms::owner_all, error);
  const std::string fresh = path + ".new";
  fs::remove(fresh, error);
  RETURN_IF_ERROR(security::CreateSecretFile(fresh, JsonOf(signed_in)));
  fs::rename(fresh, path, error);
  if (error) return Unavailable(absl::StrCat(path, ": ", error.message()));
  return path;
}

bool Forget(const std::string& issuer) {
  std::error_code error;
  return fs::remove(PathOf(issuer), error);
}

absl::StatusOr<std::optional<std::string>> AccessToken(const std::string& issuer,
                                                       const std::string& authority_file) {
  ASSIGN_OR_RETURN(std::optional<SignedIn> signed_in, Load(issuer));
  if (!signed_in.has_value()) return std::nullopt;
  if (absl::Now() + kRefreshBefore < signed_in->tokens.expire_time)
    return signed_in->tokens.access_token;
  const absl::Status again =
      Error(absl::StatusCode::kUnauthenticated, "SIGN_IN_AGAIN",
            absl::StrCat("the sign-in at ", issuer, " has ended; vivier login begins it again"),
            {{"issuer", issuer}});
  if (signed_in->tokens.refresh_token.empty()) return again;
  signed_in->client.authority_file = authority_file;
  ASSIGN_OR_RETURN(const Issuer asked, Issuer::Discover(signed_in->client));
  absl::StatusOr<Tokens> fresh = asked.Refresh(signed_in->tokens.refresh_token);
  if (absl::IsUnauthenticated(fresh.status())) return again;
  RETURN_IF_ERROR(fresh.status());
  if (fresh->refresh_token.empty()) fresh->refresh_token = signed_in->tokens.refresh_token;
  signed_in->tokens = *std::move(fresh);
  RETURN_IF_ERROR(Save(*signed_in).status());
  return signed_in->tokens.access_token;
}

}  // namespace vivier::signin
