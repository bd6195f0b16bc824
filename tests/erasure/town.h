// A school whose five people have personal data that occur nowhere else, through every service that
// is told of them:
//
//   one    trained, certified by nobody, hired under a contract that is broken
//   two    trained
//   three  left before the end
//   four   rejected by name, with a reason
//   five   never decided on
//
// Not thread-safe.
#pragma once

#include <string>
#include <vector>

#include "tests/erasure/scan.h"
#include "tests/support/world.h"

namespace vivier::testing {

class Town {
 public:
  explicit Town(World& world) : world_(world) {}

  // Plays it until all are where the list above says.
  void Build();
  // The cohort takes applications.
  void Open();
  // Up to the training, in which one, two and three are.
  void BuildUntilTraining();
  void BuildFromTraining();

  static const std::vector<std::string>& People();
  // What is personal of one of them, or of all.
  static Words Canaries(const std::string& person);
  static Words AllCanaries();
  // Of these what proof needs, and the rest, which no rule keeps.
  static Words Proof(const std::string& person);
  static Words WithoutProof(const std::string& person);

  // Runs the rpc of that name with a request in JSON, in which NANCY, COHORT, FIRST and LAST are
  // what they say.
  absl::Status Do(const std::string& rpc, const std::string& json, std::string* answer = nullptr);

  // The text of every refusal so far.
  const std::string& errors() const { return errors_; }

 private:
  void Must(const std::string& rpc, const std::string& json);
  void Apply(const std::string& person);

  World& world_;
  std::string errors_;
};

}  // namespace vivier::testing
