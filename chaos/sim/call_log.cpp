#include "chaos/sim/call_log.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <fmt/format.h>

#include "chaos/sim/world.hpp"

namespace memberd::sim {
namespace {

// What a message says beside its updates.
class BodyText {
  public:
    std::string operator()(const Ping& ping) const { return fmt::format("ping {}", ping.sequence); }

    std::string operator()(const Ack& ack) const { return fmt::format("ack {}", ack.sequence); }

    std::string operator()(const PingReq& ask) const {
        return fmt::format("ping-req {} about {}, {} ms", ask.sequence, ask.subject, ask.age_ms);
    }

    std::string operator()(const Nack& nack) const { return fmt::format("nack {}", nack.sequence); }

    std::string operator()(const Alive& alive) const {
        return fmt::format("alive: {}, {} ms ago, answered {}", alive.subject, alive.age_ms,
                           alive.answered);
    }

    std::string operator()(const Gossip& /*gossip*/) const { return "gossip"; }

    std::string operator()(const Suspicion& suspicion) const {
        std::string text = "suspicion:";
        SuspicionEntry entry;
        for (ListCursor<SuspicionEntry> cursor(suspicion.entries); cursor.next(entry);) {
            text += fmt::format(" {}, {} ms, missed {}", entry.subject, entry.age_ms, entry.missed);
        }
        return text;
    }

    std::string operator()(const EvidenceRequest& request) const {
        return fmt::format("evidence-request about {}", request.subject);
    }

    std::string operator()(const Evidence& evidence) const {
        return fmt::format("evidence of {}", evidence.items.count);
    }

    std::string operator()(const Join& /*join*/) const { return "join"; }

    std::string operator()(const Welcome& /*welcome*/) const { return "welcome"; }

    std::string operator()(const Refuse& refuse) const {
        return fmt::format("refuse {}: {}", static_cast<int>(refuse.code), refuse.reason);
    }

    std::string operator()(const Sync& sync) const {
        return fmt::format("sync of {}", sync.items.count);
    }

    std::string operator()(const Leave& leave) const {
        return fmt::format("leave {}", leave.sequence);
    }

    std::string operator()(const LeaveAck& ack) const {
        return fmt::format("leave-ack {}", ack.sequence);
    }
};

std::string describe_message(const Message& message) {
    std::string text = std::visit(BodyText{}, message.body);
    Update update;
    for (ListCursor<Update> cursor(message.updates); cursor.next(update);) {
        text += fmt::format(" {{{} {}}}", update.name, describe(update.claim));
    }
    return text;
}

}  // namespace

std::string describe(const Claim& claim) {
    return fmt::format("{} {}.{}", to_string(claim.state), claim.generation, claim.incarnation);
}

void CallLog::note(const EngineCall& call) const {
    if (call.now < choice_.from || call.now >= choice_.until ||
        (!choice_.names.empty() && std::find(choice_.names.begin(), choice_.names.end(),
                                             call.ghost.name) == choice_.names.end())) {
        return;
    }
    std::vector<std::string> parts;
    if (call.heard != nullptr) {
        parts.push_back(fmt::format("hears {} of {}", describe_message(*call.heard),
                                    call.heard->envelope.name));
    }
    for (const SentMessage& sent : call.sent) {
        parts.push_back(fmt::format("{} {} {} {}", sent.send->reply_to != 0 ? "answers" : "says",
                                    describe_message(sent.message),
                                    sent.send->fresh ? "on a new connection to" : "to",
                                    to_string(sent.send->to)));
    }
    for (const Change& change : call.out.changes) {
        parts.push_back(fmt::format("{} {} -> {}", call.pool[change.profile].name(),
                                    to_string(change.previous), describe(change.claim)));
    }
    for (const Notice& notice : call.out.notices) {
        parts.push_back(fmt::format("notice {} {}", static_cast<int>(notice.kind), notice.text));
    }
    if (!parts.empty()) {
        fmt::print(choice_.file, "{:9.3f} {} {}\n", seconds(call.now - kBeginning), call.who(),
                   fmt::join(parts, "; "));
    }
}

}  // namespace memberd::sim
