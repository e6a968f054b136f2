#include "gossip/flight_recorder.hpp"

#include <algorithm>
#include <utility>

namespace memberd {

std::string_view to_string(EvidenceKind kind) {
    switch (kind) {
        case EvidenceKind::PingUnanswered:
            return "ping-unanswered";
        case EvidenceKind::HelperAsked:
            return "helper-asked";
        case EvidenceKind::HelperAlive:
            return "helper-alive";
        case EvidenceKind::HelperNack:
            return "helper-nack";
        case EvidenceKind::Suspected:
            return "suspected";
        case EvidenceKind::SuspectedBy:
            return "suspected-by";
        case EvidenceKind::Answered:
            return "answered";
        case EvidenceKind::Withdrawn:
            return "withdrawn";
        case EvidenceKind::DeclaredDead:
            return "declared-dead";
        case EvidenceKind::HeardDead:
            return "heard-dead";
        case EvidenceKind::DeathNotBelieved:
            return "death-not-believed";
        case EvidenceKind::Returned:
            return "returned";
        case EvidenceKind::LinkLost:
            return "link-lost";
        case EvidenceKind::AnswersTooLittle:
            return "answers-too-little";
        case EvidenceKind::LinkBroken:
            return "link-broken";
        case EvidenceKind::LinkMended:
            return "link-mended";
        case EvidenceKind::HeldBack:
            return "held-back";
        case EvidenceKind::AccuserNamed:
            return "accuser-named";
    }
    return "unknown";
}

void FlightRecorder::record(EvidenceEntry entry) {
    if (capacity_ == 0) {
        return;
    }
    if (entries_.size() < capacity_) {
        entries_.push_back(std::move(entry));
        return;
    }
    entries_[next_] = std::move(entry);
    next_ = (next_ + 1) % capacity_;
}

std::vector<EvidenceEntry> FlightRecorder::about(std::string_view subject) const {
    return newest_about(subject, entries_.size());
}

std::vector<EvidenceEntry> FlightRecorder::newest_about(std::string_view subject,
                                                        std::size_t count) const {
    std::vector<EvidenceEntry> found;
    for (std::size_t i = entries_.size(); i > 0 && found.size() < count; --i) {
        const EvidenceEntry& entry = entries_[(next_ + i - 1) % entries_.size()];
        if (entry.subject == subject) {
            found.push_back(entry);
        }
    }
    std::reverse(found.begin(), found.end());
    return found;
}

}  // namespace memberd
