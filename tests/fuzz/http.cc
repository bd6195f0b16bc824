// What the gateway reads of HTTP: a head and a body, by hand as the library gives them.
#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "shared/rpc/endpoint.h"
#include "shared/service/catalogue.h"
#include "shared/web/asked.h"
#include "shared/web/framing.h"
#include "shared/web/gzip.h"
#include "shared/web/portal/cookies.h"
#include "shared/web/portal/oidc.h"
#include "shared/web/portal/same_site.h"
#include "shared/web/server/head.h"
#include "tests/fuzz/fuzz.h"

namespace vivier::fuzz {
namespace {

const web::Route& TheRoute() {
  static const web::Route& route = *[] {
    auto* made = new web::Route;
    for (const auto* method : rpc::MethodsOf("enrolment"))
      if (method->name() == "ImportApplications") made->method = method;
    made->request_bytes_max = rpc::kRequestBytesMax;
    return made;
  }();
  return route;
}

// "METHOD TARGET", lines of headers, an empty line, and the body.
web::HttpRequest Parsed(absl::string_view input) {
  web::HttpRequest request;
  const size_t end = std::min(input.find("\n\n"), input.size());
  const std::vector<std::string> lines = absl::StrSplit(input.substr(0, end), '\n');
  const std::pair<std::string, std::string> first =
      absl::StrSplit(lines[0], absl::MaxSplits(' ', 1));
  request.method = first.first;
  const size_t question = std::min(first.second.find('?'), first.second.size());
  request.path = first.second.substr(0, question);
  if (question < first.second.size()) request.query = first.second.substr(question + 1);
  for (size_t i = 1; i < lines.size(); ++i) {
    const std::pair<std::string, std::string> header =
        absl::StrSplit(lines[i], absl::MaxSplits(": ", 1));
    request.headers.emplace_back(absl::AsciiStrToLower(header.first), header.second);
  }
  if (end + 2 < input.size()) request.body = std::string(input.substr(end + 2));
  return request;
}

}  // namespace

std::string ReadHttp(absl::string_view input) {
  const web::HttpRequest request = Parsed(input);
  const absl::Status clear = web::CheckHead(request, "HTTP/1.1");
  if (!clear.ok()) return EndOf(clear);
  const absl::Status same = web::CheckSameSite(request);
  const std::optional<std::string> cookie = web::CookieOf(request, web::kSessionCookie);
  if (cookie.has_value())
    Require(!web::Unseal(security::Key(), *cookie, absl::UnixEpoch()).ok(), "a cookie is made up");
  const std::optional<web::Form> form = web::FormOf(request, TheRoute());
  if (!form.has_value()) return "no form";
  const absl::StatusOr<web::Asked> asked = web::Read(request, *form, TheRoute());
  if (!asked.ok()) return absl::StrCat(web::NameOf(*form), " ", EndOf(asked.status()));
  PlaceOfCrash(request.method == "GET" && asked->request.size() > 20);
  Require(web::IsPrintable(asked->options.authorization) && !asked->options.authorization.empty(),
          "gRPC ends the process over such a header");
  Require(web::IsPrintable(asked->options.reason) && web::IsPrintable(asked->options.traceparent),
          "gRPC ends the process over such a header");
  Require(
      asked->options.timeout >= absl::ZeroDuration() && asked->options.timeout <= absl::Minutes(10),
      "a deadline is beyond its bound");
  Require(asked->request.size() <= static_cast<size_t>(rpc::kRequestBytesMax) + input.size(),
          "a request grew beyond its bound");
  return absl::StrCat(web::NameOf(*form), same.ok() ? " OK" : " OK from elsewhere");
}

std::vector<std::string> HttpSeeds() {
  const std::string path = "/vivier.enrolment.v1.SelectionService/ImportApplications";
  const std::string json = R"({"parent": "schools/nancy/cohorts/ai", "requestId": "x"})";
  const std::string bytes(
      "\x0a\x05"
      "hello",
      7);
  return {
      absl::StrCat("POST ", path,
                   "\ncontent-type: application/json\nauthorization: Bearer x\n"
                   "connect-timeout-ms: 100\nsec-fetch-site: same-origin\n\n",
                   json),
      absl::StrCat("POST ", path, "\ncontent-type: application/proto\ncontent-encoding: gzip\n\n",
                   web::Gzip(bytes)),
      absl::StrCat("POST ", path,
                   "\ncontent-type: application/grpc-web+proto\ngrpc-timeout: 1S\n\n",
                   web::Framed(web::kPlain, bytes)),
      absl::StrCat("POST ", path,
                   "\ncontent-type: application/grpc-web-text\ncookie: __Host-vivier=a\n\n",
                   "AAAAAAcKBWhlbGxv"),
      absl::StrCat(
          "GET ", path,
          "?connect=v1&encoding=json&message=%7B%22parent%22%3A%22schools/nancy%22%7D\n\n"),
      absl::StrCat("GET ", path, "?encoding=proto&message=hello\n\n"),
      absl::StrCat("GET ", path,
                   "?encoding=proto&base64=1&message=CgVoZWxsbw\norigin: https://x\nhost: x\n\n"),
  };
}

}  // namespace vivier::fuzz
