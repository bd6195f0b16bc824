// What `verify` compares of files. Functions without state, thread-safe.
#pragma once

#include "shared/service/service.h"

namespace vivier::enrolment {

// I18: a file's bytes are as many as its row says, and once it is ready they have its hash; its
// times go with its state; the school's usage is the sum.
void AddFilesInvariants(rpc::Service& service);

}  // namespace vivier::enrolment
