// A real Prometheus that scrapes processes of a test four times a second and judges our alerts as
// often. Not thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "google/protobuf/struct.pb.h"
#include "tests/support/process.h"

namespace vivier::testing {

class Prometheus {
 public:
  // Scrapes 127.0.0.1:PORT for each of them.
  explicit Prometheus(const std::vector<int>& ports);
  ~Prometheus();

  // The series that the expression gives at this moment; fails the test when Prometheus does not
  // understand it.
  std::vector<google::protobuf::Value> Query(const std::string& expression) const;
  // The alerts whose condition holds at this moment, however long it must hold to wake somebody.
  std::set<std::string> Alerts() const;
  // Annotation `runbook` and expression of each alert.
  struct Alert {
    std::string runbook, expression;
  };
  std::map<std::string, Alert> Rules() const;
  // What it knows of by name.
  std::set<std::string> Metrics() const;

 private:
  google::protobuf::Value Get(const std::string& path) const;
  std::vector<google::protobuf::Value> Groups() const;

  const std::string folder_;
  const int port_;
  std::unique_ptr<Process> process_;
};

// What an HTTP server answers; "" when it does not.
std::string Fetch(const std::string& url);

// Below the root of the repository.
std::string SourceFile(const std::string& path);
std::string ReadText(const std::string& path);

// The names of our metrics in an expression, without the suffixes of a histogram.
std::set<std::string> MetricsIn(const std::string& expression);

}  // namespace vivier::testing
