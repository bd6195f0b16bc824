// What every step of a story needs: the services, as whom to call them, names, request ids that are
// the same each time the story is told, and where the lines go. Not thread-safe.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "demo/story.h"
#include "shared/command/client.h"
#include "shared/service/await_operation.h"
#include "shared/site/clock.h"

namespace vivier::demo {

// Somebody who applied, with the line of the file that they came by: names of resources are made of
// keyed hashes, so only the line is the same at every school.
struct Applicant {
  int line = 0;
  std::string application;  // schools/…/applications/…
  bool eligible = false;
  int points = 0;
};

// When half-days begin; the rest of what happens on a day is done in the morning too.
inline constexpr int kMorning = 9 * 60, kAfternoon = 13 * 60 + 30;  // minutes of the day

struct Stage {
  const Folder& folder;
  command::Client& client;
  site::Clock& clock;
  std::string school;  // "nancy"
  std::ostream& out;

  std::string programme_revision;     // known from the first step on
  std::vector<Applicant> applicants;  // in the order of the file
  std::vector<Applicant> ranked;      // best first

  const v1::Story& story() const { return folder.story; }
  std::string School() const { return "schools/" + school; }
  std::string In(absl::string_view collection, absl::string_view id) const {
    return absl::StrCat(School(), "/", collection, "/", id);
  }
  // An id that no other story of the school has.
  std::string Id(absl::string_view id) const { return absl::StrCat(story().cohort_id(), "-", id); }
  std::string Cohort() const { return In("cohorts", story().cohort_id()); }
  std::string Agreement(const std::string& funder) const {
    return In("fundingAgreements", Id(funder));
  }
  // Rank 1 is the best.
  const std::string& Application(int rank) const {
    return ranked[static_cast<size_t>(rank - 1)].application;
  }
  std::string Learner(int rank) const;
  std::string LearnerId(int rank) const;

  security::Caller As(const std::string& role) const {
    return {"demo-" + role, security::Caller::Kind::kPerson, {role}, {school}, ""};
  }
  // Moves the site's clock on to that minute of the day where the school is; a site whose clock is
  // past it stays as it is.
  absl::Status LiveUntil(const google::type::Date& day, int minute = kMorning);
  // The same for the morning so many days before the cohort's first day.
  absl::Status LiveUntilDaysBefore(int days);
  std::string RequestId(absl::string_view step, absl::string_view item) const;

  // One write of a step; `item` tells it from the other writes of the step.
  template <class Response, class Request>
  absl::StatusOr<Response> Write(const std::string& role, absl::string_view step,
                                 absl::string_view item, Request request) {
    request.set_request_id(RequestId(step, item));
    return client.Call<Response>(request, As(role));
  }

  // A write whose answer is an operation, until its end.
  template <class Response, class Request>
  absl::StatusOr<Response> WriteToEnd(const std::string& role, absl::string_view step,
                                      absl::string_view item, Request request) {
    using Operation = operations::v1::Operation;
    ASSIGN_OR_RETURN(const auto begun, Write<Operation>(role, step, item, std::move(request)));
    return rpc::AwaitOperation<Response>(begun, [&](const google::protobuf::Message& wait) {
      return client.Call<Operation>(wait, As(role));
    });
  }

  // Every write of a step at the same instant.
  template <class Response, class Request>
  absl::StatusOr<std::vector<Response>> WriteAll(const std::string& role, absl::string_view step,
                                                 std::vector<Request> requests) {
    for (size_t i = 0; i < requests.size(); ++i)
      requests[i].set_request_id(RequestId(step, absl::StrCat(i)));
    return client.CallAll<Response>(requests, As(role));
  }

  template <class Response>
  absl::StatusOr<Response> Read(const google::protobuf::Message& request) {
    return client.Call<Response>(request, As("school_director"));
  }

  // Every page of a list.
  template <class Response, class Request>
  absl::Status ReadPages(Request request, const std::function<void(const Response&)>& take) {
    constexpr int kPageSize = 500;
    request.set_page_size(kPageSize);
    do {
      ASSIGN_OR_RETURN(Response page, Read<Response>(request));
      take(page);
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return absl::OkStatus();
  }

  void Say(const std::string& line) { out << line << std::endl; }
};

}  // namespace vivier::demo
