#include "membership/documents.hpp"

#include <cmath>
#include <string>

#include <fmt/format.h>

#include "detector/answer_record.hpp"
#include "gossip/messages.hpp"
#include "membership/member_info.hpp"
#include "membership/ring_weight.hpp"

namespace memberd {
namespace {

std::string evidence_text(const EvidenceEntry& entry) {
    const double age = seconds(entry.age);
    const std::string& name = entry.subject;
    const std::string& other = entry.other;
    switch (entry.kind) {
        case EvidenceKind::PingUnanswered:
            return fmt::format("our ping of {} went unanswered for {:.2f} s", name, age);
        case EvidenceKind::HelperAsked:
            return fmt::format("we asked {} to ping {}", other, name);
        case EvidenceKind::HelperAlive:
            return fmt::format("{} says that {} answered a ping sent {:.2f} s ago", other, name,
                               age);
        case EvidenceKind::HelperNack:
            return fmt::format("{} had no answer from {} either", other, name);
        case EvidenceKind::Suspected:
            return fmt::format("we suspect {} after {:.2f} s of silence, phi {:.1f}", name, age,
                               entry.phi);
        case EvidenceKind::SuspectedBy:
            return fmt::format("{} suspects {} after {:.2f} s of silence", other, name, age);
        case EvidenceKind::Answered:
            return fmt::format("{} answered us after {:.2f} s", name, age);
        case EvidenceKind::Withdrawn:
            return fmt::format("the case against {} ended without a death", name);
        case EvidenceKind::DeclaredDead:
            return fmt::format("we declared {} dead; {} accused it", name, other);
        case EvidenceKind::HeardDead:
            return fmt::format("{} told us that {} is dead", other, name);
        case EvidenceKind::DeathNotBelieved:
            return fmt::format("a death of {} told by {} was not believed: too few accusers live",
                               name, other);
        case EvidenceKind::Returned:
            return fmt::format("{} is alive again", name);
        case EvidenceKind::LinkLost:
            return fmt::format("our connection to {} ended", name);
        case EvidenceKind::AnswersTooLittle:
            return other.empty()
                       ? fmt::format("we suspect {}, which missed {:.0f} of our last {} probes",
                                     name, entry.phi, AnswerRecord::kLength)
                       : fmt::format("{} suspects {}, which missed {:.0f} of its last {} probes",
                                     other, name, entry.phi, AnswerRecord::kLength);
    }
    return "";
}

}  // namespace

Document version_document() {
    return Document{{"memberd", kProgramVersion},
                    {"protocol", kProtocolVersion},
                    {"local_api", local::kApiVersion},
                    {"ring", kRingVersion}};
}

Document to_document(const EngineCounters& c) {
    return Document{{"received", c.received},           {"malformed", c.malformed},
                    {"other_version", c.other_version}, {"other_cluster", c.other_cluster},
                    {"unknown_type", c.unknown_type},   {"claims_refused", c.claims_refused},
                    {"conflicts", c.conflicts},         {"sent", c.sent},
                    {"sent_bytes", c.sent_bytes},       {"probes", c.probes},
                    {"probes_missed", c.probes_missed}, {"ping_reqs", c.ping_reqs},
                    {"suspicions", c.suspicions},       {"deaths", c.deaths},
                    {"refutations", c.refutations},     {"syncs", c.syncs},
                    {"late_acks", c.late_acks}};
}

Document to_document(const TransportCounters& c) {
    return Document{{"requests_sent", c.requests_sent},
                    {"replies_sent", c.replies_sent},
                    {"requests_received", c.requests_received},
                    {"replies_received", c.replies_received},
                    {"replies_stale", c.replies_stale},
                    {"replies_lost", c.replies_lost},
                    {"dropped_full", c.dropped_full},
                    {"dropped_unreachable", c.dropped_unreachable},
                    {"dropped_invalid", c.dropped_invalid},
                    {"opened", c.opened},
                    {"evicted", c.evicted},
                    {"expired_unanswered", c.expired_unanswered},
                    {"expired_idle", c.expired_idle},
                    {"ended", c.ended},
                    {"refused", c.refused},
                    {"protocol_violations", c.protocol_violations},
                    {"link_events_dropped", c.link_events_dropped},
                    {"fd_guard_trips", c.fd_guard_trips},
                    {"zap_admitted", c.zap_admitted},
                    {"zap_rejected", c.zap_rejected}};
}

Document to_document(const EvidenceEntry& entry, Instant now, WallTime wall) {
    Document phi;
    if (std::isfinite(entry.phi) && entry.kind != EvidenceKind::AnswersTooLittle) {
        phi = std::round(entry.phi * 100.0) / 100.0;
    }
    return Document{{"time", rfc3339(wall_time_of(entry.at, now, wall))},
                    {"kind", to_string(entry.kind)},
                    {"other", entry.other},
                    {"age_ms", std::round(milliseconds(entry.age))},
                    {"phi", phi},
                    {"text", evidence_text(entry)}};
}

Document ring_members_document(const Ring& ring) {
    Document members = Document::array();
    const std::vector<double> shares = ring.shares();
    for (std::size_t i = 0; i < shares.size(); ++i) {
        const RingMember& member = ring.members()[i];
        members.push_back(
            Document{{"name", member.name},
                     {"weight", static_cast<double>(member.weight_milli) / kRingWeightMilliOne},
                     {"zone", member.zone},
                     {"vnodes", ring_vnode_count(member.weight_milli)},
                     {"share", shares[i]}});
    }
    return members;
}

double agreement_of(const EngineStatus& status) {
    return (1.0 + status.digests_equal) / (1.0 + status.digests_heard);
}

}  // namespace memberd
