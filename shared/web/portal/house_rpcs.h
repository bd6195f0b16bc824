// The rpcs that the portal itself asks: in JSON and by their names, as its pages do, for shared/
// knows no message of the trade. Immutable, hence thread-safe.
#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/struct.pb.h"
#include "shared/web/route.h"

namespace vivier::web {

inline constexpr char kOpenSession[] = "/vivier.access.v1.PortalSessionService/OpenPortalSession";
inline constexpr char kCheckSession[] = "/vivier.access.v1.PortalSessionService/CheckPortalSession";
inline constexpr char kUseSession[] = "/vivier.access.v1.PortalSessionService/UsePortalSession";
inline constexpr char kEndSession[] = "/vivier.access.v1.PortalSessionService/EndPortalSession";
inline constexpr char kRedeemLink[] = "/vivier.enrolment.v1.AccessLinkService/RedeemAccessLink";

class HouseRpcs {
 public:
  explicit HouseRpcs(const Routes& routes);

  // Whether this site runs what serves it.
  bool Has(const char* path) const { return routes_.count(path) > 0; }

  using Fields = std::vector<std::pair<std::string, std::string>>;
  // `done` hears of the end on the one thread that all channels share: it must not block there.
  void Start(const char* path, const std::string& json, const std::string& authorization,
             std::function<void(absl::Status)> done) const;
  // Blocks.
  absl::StatusOr<google::protobuf::Struct> Ask(const char* path, const std::string& json,
                                               const std::string& authorization) const;

 private:
  Routes routes_;
};

// A JSON object of texts; an object where the name has a dot, "portalSession.device".
std::string JsonOf(const HouseRpcs::Fields& fields);
// "" where there is no such text.
std::string TextOf(const google::protobuf::Struct& object, const std::string& field);
// Of the JSON that a page sends; INVALID_ARGUMENT where it is no object.
absl::StatusOr<google::protobuf::Struct> ObjectOf(const std::string& json);

}  // namespace vivier::web
