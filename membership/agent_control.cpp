#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "gossip/messages.hpp"
#include "membership/agent.hpp"
#include "membership/arguments.hpp"
#include "membership/documents.hpp"

namespace memberd {
namespace {

using namespace std::chrono_literals;

constexpr int kRequestsATurn = 64;
constexpr Duration kPingPatience = 3s;
constexpr Duration kJoinPatience = 5s;
// Pings and joins that wait for their end, each.
constexpr std::size_t kPendingMax = 256;
constexpr std::size_t kHostBytesMax = 255;  // of a DNS name
constexpr std::uint64_t kReplicasMax = 64;
constexpr std::uint64_t kReplicasDefault = 3;

Document lookup_document(const Ring& ring, const std::vector<std::string>& keys, std::size_t n) {
    Document answers = Document::array();
    for (const std::string& key : keys) {
        const std::uint64_t hash = ring_key_hash(key);
        Document names = Document::array();
        for (const RingMember* member : ring.preference(hash, n)) {
            names.push_back(member->name);
        }
        Document owner = names.empty() ? Document() : names.front();
        answers.push_back(Document{{"key", key},
                                   {"hash", hex16(hash)},
                                   {"owner", std::move(owner)},
                                   {"preference", std::move(names)}});
    }
    return answers;
}

Document plan_document(const RingPlan& plan) {
    Document transfers = Document::array();
    for (const RingTransfer& transfer : plan.transfers) {
        transfers.push_back(
            Document{{"from", transfer.from}, {"to", transfer.to}, {"share", transfer.share}});
    }
    return Document{{"moved_share", plan.moved_share},
                    {"balance_before", plan.balance_before},
                    {"balance_after", plan.balance_after},
                    {"transfers", std::move(transfers)}};
}

}  // namespace

void Agent::serve_control() {
    for (int i = 0; i < kRequestsATurn; ++i) {
        const auto asked = parts_.control.receive();
        if (!asked) {
            return;
        }
        serve(asked->asker, asked->request);
        carry_out();
        // A question that follows a command sees what it did.
        recorder_.renew_ring(wall_, events_);
    }
}

void Agent::serve(const Asker& asker, const local::Request& request) {
    if (serve_question(asker, request) || serve_command(asker, request)) {
        return;
    }
    parts_.control.refuse(asker, "unknown_op",
                          fmt::format("this agent has no op \"{}\"", shortened(request.op)));
}

bool Agent::serve_question(const Asker& asker, const local::Request& request) {
    const std::string& op = request.op;
    ControlServer& control = parts_.control;
    Arguments arguments(request.arguments);
    Document document;
    std::string_view array_key;
    if (op == "members") {
        document = members_document();
    } else if (op == "snapshot") {
        document = to_snapshot(recorder_.view());
        array_key = "members";
    } else if (op == "info") {
        document = info_document();
    } else if (op == "version") {
        document = version_document();
    } else if (op == "ring") {
        document = ring_document();
        array_key = "members";
    } else if (op == "ring_lookup") {
        const auto keys = arguments.texts("keys");
        const auto replicas = arguments.number("replicas", 1, kReplicasMax, kReplicasDefault);
        if (arguments.is_ok()) {
            document = lookup_document(recorder_.ring(), keys, replicas);
        }
    } else if (op == "ring_plan") {
        const auto added = arguments.ring_members("add");
        const auto removed = arguments.texts("remove", Arguments::Need::Optional);
        for (const std::string& name : removed) {
            if (arguments.is_ok() && recorder_.ring().find(name) == nullptr) {
                control.refuse(
                    asker, "unknown_member",
                    fmt::format("no member {} has a place on the ring", shortened(name)));
                return true;
            }
        }
        if (arguments.is_ok()) {
            const Ring after = recorder_.ring().change(added, removed);
            document = plan_document(plan_change(recorder_.ring(), after));
            array_key = "transfers";
        }
    } else if (op == "why") {
        serve_why(asker, request.arguments);
        return true;
    } else {
        return false;
    }
    if (!arguments.all_known()) {
        control.refuse(asker, "bad_request", arguments.error());
        return true;
    }
    control.reply(asker, document, array_key);
    return true;
}

bool Agent::serve_command(const Asker& asker, const local::Request& request) {
    constexpr std::array kCommands{"ping", "join", "leave", "forget", "tags_set", "tags_unset"};
    if (std::find(kCommands.begin(), kCommands.end(), request.op) == kCommands.end()) {
        return false;
    }
    if (is_stopping_ && request.op != "leave") {
        parts_.control.refuse(asker, "unavailable", "this agent is leaving");
    } else if (request.op == "ping") {
        serve_ping(asker, request.arguments);
    } else if (request.op == "join") {
        serve_join(asker, request.arguments);
    } else if (request.op == "forget") {
        serve_forget(asker, request.arguments);
    } else if (request.op == "leave") {
        leave_askers_.push_back(asker);
        if (!is_stopping_) {
            begin_stop(true);
        }
    } else {
        serve_tags(asker, request.arguments, request.op == "tags_set");
    }
    return true;
}

void Agent::serve_ping(const Asker& asker, const Document& document) {
    Arguments arguments(document);
    const std::string name = arguments.text("name");
    if (!arguments.all_known()) {
        parts_.control.refuse(asker, "bad_request", arguments.error());
        return;
    }
    const MemberInfo* member = recorder_.view().find(name);
    if (member == nullptr) {
        parts_.control.refuse(asker, "unknown_member",
                              fmt::format("no member {} is listed here", name));
        return;
    }
    if (pings_.size() >= kPendingMax) {
        parts_.control.refuse(asker, "limit", "too many pings are under way");
        return;
    }
    const std::uint64_t cookie = next_cookie_++;
    pings_.emplace(cookie, PendingPing{asker, name, member->address, now_ + kPingPatience});
    if (name == config_.name) {
        finish_ping(ProbeResult{cookie, true, Duration::zero()});
    } else if (!engine_.probe(now_, name, cookie, out_)) {
        pings_.erase(cookie);
        parts_.control.refuse(asker, "refused", fmt::format("member {} can't be pinged", name));
    }
}

void Agent::finish_ping(const ProbeResult& result) {
    const auto found = pings_.find(result.cookie);
    if (found == pings_.end()) {
        return;
    }
    const PendingPing& ping = found->second;
    Document rtt;
    if (result.answered) {
        rtt = milliseconds(result.round_trip);
    }
    parts_.control.reply(ping.asker, Document{{"name", ping.name},
                                              {"address", ping.address},
                                              {"answered", result.answered},
                                              {"rtt_ms", rtt}});
    pings_.erase(found);
}

void Agent::expire_pings() {
    std::vector<std::uint64_t> late;
    for (const auto& [cookie, ping] : pings_) {
        if (now_ >= ping.deadline) {
            late.push_back(cookie);
        }
    }
    for (const std::uint64_t cookie : late) {
        finish_ping(ProbeResult{cookie, false, Duration::zero()});
    }
}

void Agent::serve_join(const Asker& asker, const Document& document) {
    Arguments arguments(document);
    const auto addresses = arguments.texts("addresses");
    if (!arguments.all_known() || addresses.empty()) {
        parts_.control.refuse(
            asker, "bad_request",
            arguments.is_ok() ? "addresses must not be empty" : arguments.error());
        return;
    }
    PendingJoin join{asker, {}, {}, now_ + kJoinPatience};
    for (const std::string& text : addresses) {
        auto address = split_host_port(text);
        if (!address || address->port == 0 || address->host.empty() ||
            address->host.size() > kHostBytesMax) {
            parts_.control.refuse(
                asker, "bad_request",
                fmt::format("an address is HOST:PORT (IPv6 as [HOST]:PORT), not \"{}\"",
                            shortened(text)));
            return;
        }
        join.asked.push_back(*std::move(address));
    }
    if (joins_.size() >= kPendingMax ||
        join.asked.size() + seeds_.seeds().size() > Seeds::kSeedsMax) {
        parts_.control.refuse(asker, "limit",
                              fmt::format("an agent has at most {} seeds", Seeds::kSeedsMax));
        return;
    }
    seeds_.add(now_, join.asked);
    joins_.push_back(std::move(join));
    contact_seeds();
}

// A join is done when one of its addresses is a living member's, when all refused, or when time is
// up.
void Agent::finish_joins() {
    std::erase_if(joins_, [this](const PendingJoin& join) {
        bool is_joined = false;
        for (const Seed& seed : seeds_.seeds()) {
            const bool asked =
                std::any_of(join.asked.begin(), join.asked.end(), [&](const HostPort& address) {
                    return address.host == seed.configured.host &&
                           address.port == seed.configured.port;
                });
            is_joined =
                is_joined || (asked && std::any_of(seed.addresses.begin(), seed.addresses.end(),
                                                   [this](const Endpoint& endpoint) {
                                                       return is_member(endpoint);
                                                   }));
        }
        const bool is_refused = join.refused.size() >= join.asked.size();
        if (!is_joined && !is_refused && now_ < join.deadline) {
            return false;
        }
        Document refused = Document::array();
        for (const std::string& sentence : join.refused) {
            refused.push_back(sentence);
        }
        parts_.control.reply(join.asker, Document{{"joined", is_joined},
                                                  {"members", engine_.status(now_).alive},
                                                  {"refused", std::move(refused)}});
        return true;
    });
}

void Agent::serve_forget(const Asker& asker, const Document& document) {
    Arguments arguments(document);
    const std::string name = arguments.text("name");
    if (!arguments.all_known()) {
        parts_.control.refuse(asker, "bad_request", arguments.error());
        return;
    }
    const MemberInfo* member = recorder_.view().find(name);
    if (member == nullptr) {
        parts_.control.refuse(asker, "unknown_member",
                              fmt::format("no member {} is listed here", name));
        return;
    }
    if (!engine_.forget(now_, name, out_)) {
        parts_.control.refuse(asker, "refused",
                              fmt::format("member {} is {}; only the dead can be forgotten", name,
                                          to_string(member->state)));
        return;
    }
    carry_out();
    parts_.control.reply(asker, Document{{"name", name}});
}

void Agent::serve_tags(const Asker& asker, const Document& document, bool is_set) {
    Arguments arguments(document);
    Attributes attributes = attributes_;
    std::map<std::string, std::string> tags(attributes.tags.begin(), attributes.tags.end());
    if (is_set) {
        for (auto& [key, value] : arguments.text_map("tags")) {
            tags.insert_or_assign(key, value);
        }
    } else {
        for (const std::string& key : arguments.texts("keys")) {
            tags.erase(key);
        }
    }
    if (!arguments.all_known()) {
        parts_.control.refuse(asker, "bad_request", arguments.error());
        return;
    }
    attributes.tags.assign(tags.begin(), tags.end());
    if (const Status status = check_tags(attributes.tags); !status) {
        parts_.control.refuse(asker, "limit", status.error().text);
        return;
    }
    if (attributes.tags != attributes_.tags) {
        if (!engine_.set_attributes(now_, attributes, out_)) {
            parts_.control.refuse(asker, "limit",
                                  "name, zone and tags together are larger than a member may be");
            return;
        }
        attributes_ = std::move(attributes);
        carry_out();
    }
    parts_.control.reply(asker, Document{{"tags", tags_document()}});
}

}  // namespace memberd
