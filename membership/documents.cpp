#include "membership/documents.hpp"

#include "gossip/messages.hpp"
#include "membership/member_info.hpp"
#include "membership/ring_weight.hpp"

namespace memberd {

Document version_document() {
    return Document{{"memberd", kProgramVersion},
                    {"protocol", kProtocolVersion},
                    {"local_api", local::kApiVersion},
                    {"ring", kRingVersion}};
}

Document to_document(const EngineCounters& c) {
    return Document{{"received", c.received},
                    {"malformed", c.malformed},
                    {"other_version", c.other_version},
                    {"other_cluster", c.other_cluster},
                    {"unknown_type", c.unknown_type},
                    {"claims_refused", c.claims_refused},
                    {"conflicts", c.conflicts},
                    {"sent", c.sent},
                    {"sent_bytes", c.sent_bytes},
                    {"probes", c.probes},
                    {"probes_missed", c.probes_missed},
                    {"ping_reqs", c.ping_reqs},
                    {"suspicions", c.suspicions},
                    {"deaths", c.deaths},
                    {"refutations", c.refutations},
                    {"syncs", c.syncs},
                    {"late_acks", c.late_acks},
                    {"evidence_answered", c.evidence_answered},
                    {"evidence_dropped", c.evidence_dropped}};
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
