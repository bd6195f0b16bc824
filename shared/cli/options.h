// Every option of every command, each written once. Constants, thread-safe.
#pragma once

#include "shared/cli/command.h"

namespace vivier::cli {

// Of all commands that need a school: where it is, and its configuration, field by field.
inline constexpr Option kData = {"data", Kind::kFolder, "DIR",
                                 "the folder of a school's data on this machine", "data"};
inline constexpr Option kConfig = {"config", Kind::kFile, "FILE",
                                   "the configuration, or a folder whose *.textproto are read in "
                                   "the order of their names; DATA/config.textproto where it is"};
inline constexpr Option kSchools = {"schools", Kind::kText, "LIST",
                                    "the schools that this process serves, comma-separated"};
inline constexpr Option kListenAddress = {"listen_address", Kind::kText, "ADDRESS",
                                          "HOST:PORT, HOST:0 for any free port, or unix:PATH"};
inline constexpr Option kMetricsAddress = {"metrics_address", Kind::kText, "HOST:PORT",
                                           "where Prometheus finds the metrics"};
inline constexpr Option kHealthAddress = {"health_address", Kind::kText, "HOST:PORT",
                                          "where health alone is answered, in plain text"};
inline constexpr Option kWebListenAddress = {"web_listen_address", Kind::kText, "HOST:PORT",
                                             "the gateway, where browsers and others speak HTTP"};
inline constexpr Option kEngine = {"engine", Kind::kChoice, "sqlite|postgres", "of the databases"};
inline constexpr Option kPostgres = {"postgres", Kind::kText, "CONNINFO",
                                     "a connection string of libpq"};
inline constexpr Option kRedis = {"redis", Kind::kText, "ADDRESS", "unix:PATH or HOST:PORT"};
inline constexpr Option kRedisPasswordFile = {"redis_password_file", Kind::kFile, "FILE",
                                              "a secret file with Redis's password"};
inline constexpr Option kCertificates = {"certificates", Kind::kFolder, "DIR",
                                         "the folder of the certificates: mutual TLS"};
inline constexpr Option kDevelopment = {"development", Kind::kSwitch, "",
                                        "trust the tokens of vivier token; for trying it out"};
inline constexpr Option kBatchWorksMax = {
    "batch_works_max", Kind::kNumber, "NUMBER", "works of one commit at the most", "", 0,
    1'000'000};

// Who asks.
inline constexpr Option kRole = {"role", Kind::kRole, "ROLES",
                                 "in development: the roles of who asks, comma-separated"};
inline constexpr Option kSubject = {"subject", Kind::kText, "NAME",
                                    "in development: who asks; called as the role without"};
inline constexpr Option kPartner = {"partner", Kind::kText, "NAME",
                                    "in development: the company that a partner, the funder that a "
                                    "funder acts for"};

inline constexpr Option kTokenFile = {"token_file", Kind::kFile, "FILE",
                                      "who asks: the access token in that file; - reads it from "
                                      "standard input"};

// Of login.
inline constexpr Option kIssuer = {"issuer", Kind::kText, "URL",
                                   "the issuer: which, where the configuration trusts several; of "
                                   "a new node, who vouches for its people"};
inline constexpr Option kBrowser = {"browser", Kind::kSwitch, "",
                                    "with a browser of this machine; with a code that any device "
                                    "confirms without"};
inline constexpr Option kClientId = {"client_id", Kind::kText, "NAME",
                                     "the issuer's public client for commands", "vivier"};
inline constexpr Option kScope = {"scope", Kind::kText, "WORDS", "what is asked for",
                                  "openid offline_access"};
inline constexpr Option kResource = {"resource", Kind::kText, "URI",
                                     "what the token is for, at issuers with RFC 8707"};

// Of a new node.
inline constexpr Option kAddress = {"address", Kind::kText, "HOST",
                                    "the name that outsiders call it by, france.example"};
inline constexpr Option kNetwork = {"network", Kind::kText, "NAME", "that it adds up",
                                    "free-schools"};
inline constexpr Option kParent = {"parent", Kind::kText, "NAME=HOST",
                                   "the node above it, schools/europe=europe.example; none "
                                   "without"};
inline constexpr Option kImage = {"image", Kind::kText, "REGISTRY",
                                  "where the images vivier and vivier-edge are",
                                  "registry.example"};

// Of single commands.
inline constexpr Option kService = {"service", Kind::kText, "SERVICE",
                                    "of an rpc that every process answers: the one that runs it"};
inline constexpr Option kReason = {"reason", Kind::kText, "WORDS",
                                   "why it goes beyond a read budget; kept in the audit record"};
inline constexpr Option kTraceparent = {"traceparent", Kind::kText, "CONTEXT",
                                        "a W3C trace context to go on with; a new one without"};
inline constexpr Option kList = {"list", Kind::kSwitch, "", "name every rpc"};
inline constexpr Option kEdge = {"edge", Kind::kText, "HOST:PORT",
                                 "come in by the edge, as an outsider does"};
inline constexpr Option kEdgeAuthority = {"edge_authority", Kind::kFile, "FILE",
                                          "a PEM file, who signed the edge's certificate"};
inline constexpr Option kDays = {
    "days", Kind::kNumber, "NUMBER", "how many days back, today included", "30", 1, 7320};
inline constexpr Option kFollow = {"follow", Kind::kSwitch, "", "go on until SIGTERM"};
inline constexpr Option kInterval = {"interval", Kind::kDuration, "DURATION",
                                     "of --follow: from the begin of one generation to the next",
                                     "30s"};
inline constexpr Option kGeneration = {"generation", Kind::kText, "NAME",
                                       "the begin of a generation's name; the newest without"};
inline constexpr Option kReplace = {"replace", Kind::kSwitch, "",
                                    "put the data that is there aside"};
inline constexpr Option kTo = {"to", Kind::kFolder, "DIR", "the folder of backups to go back to"};
inline constexpr Option kOut = {"out", Kind::kFolder, "DIR", "the same as DIR"};
inline constexpr Option kAnchors = {"anchors", Kind::kFile, "FILE",
                                    "lines \"the chains are anchored\" of the services' logs"};
inline constexpr Option kDeep = {"deep", Kind::kSwitch, "",
                                 "have PostgreSQL check its tables and indexes (amcheck)"};
inline constexpr Option kParked = {"parked", Kind::kSwitch, "",
                                   "list those that services set aside"};
inline constexpr Option kRetry = {"retry", Kind::kSwitch, "",
                                  "apply them now, or those of the subject of EVENT"};
inline constexpr Option kOn = {"on", Kind::kDay, "DAY", "the day that is asked for; today without"};
inline constexpr Option kCohort = {"cohort", Kind::kText, "ID",
                                   "of applications: the cohort that they are for"};
inline constexpr Option kListOf = {"network", Kind::kText, "ID",
                                   "of schools: the network whose list it is"};
inline constexpr Option kYear = {
    "year", Kind::kNumber, "YEAR", "of statistics: the year in which the cohorts began",
    "",     2000,          9999};
inline constexpr Option kEarlierYears = {"earlier_years",
                                         Kind::kNumber,
                                         "NUMBER",
                                         "of statistics: how many years before it follow",
                                         "0",
                                         0,
                                         9};
inline constexpr Option kFormat = {"format", Kind::kChoice, "csv|json", "of statistics", "csv"};
inline constexpr Option kDefinitions = {"definitions", Kind::kSwitch, "",
                                        "of statistics: the dictionary in place of the figures"};
inline constexpr Option kNewKey = {"new_key", Kind::kSwitch, "",
                                   "make a new key file, and the one that is there the previous"};
inline constexpr Option kStory = {"story", Kind::kText, "NAME", "a folder of --stories", "nancy"};
inline constexpr Option kStories = {"stories", Kind::kFolder, "DIR", "the stories", "demo"};
inline constexpr Option kJson = {"json", Kind::kSwitch, "", "the figures as one JSON object"};
inline constexpr Option kParentData = {"parent_data", Kind::kFolder, "DIR",
                                       "the data folder of a node above, on this machine"};

}  // namespace vivier::cli
