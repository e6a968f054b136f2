#include "chaos/sim/ghosts.hpp"

#include <algorithm>

#include "gossip/profile.hpp"

namespace memberd::sim {

Ghost& Ghosts::began(ProcessId process, const Engine& engine, std::string_view cluster) {
    const MemberView self = engine.self();
    const ProfilePool::Entry& profile = engine.profiles()[self.profile];
    const auto run = static_cast<std::uint32_t>(list_.size());
    if (process >= running_.size()) {
        running_.resize(process + 1U, kNone);
    }
    running_[process] = run;
    by_instance_[self.claim.instance] = run;
    list_.push_back({run, process, std::string(profile.name()),
                     static_cast<std::uint32_t>(name_key(cluster)), profile.endpoint,
                     self.claim.instance, numbers_of(self.claim), &engine});
    return list_.back();
}

void Ghosts::ended(ProcessId process) {
    Ghost& ghost = running(process);
    ghost.issued = issued(ghost);
    ghost.engine = nullptr;
    running_[process] = kNone;
}

const Ghost* Ghosts::find(std::uint64_t instance) const {
    const auto found = by_instance_.find(instance);
    return found == by_instance_.end() ? nullptr : &list_[found->second];
}

Numbers Ghosts::issued(const Ghost& ghost) {
    return ghost.engine == nullptr ? ghost.issued
                                   : std::max(ghost.issued, numbers_of(ghost.engine->self().claim));
}

}  // namespace memberd::sim
