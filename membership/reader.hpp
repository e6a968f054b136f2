// A client that follows the membership on a thread of its own, for applications without a loop.
//
// The thread polls, the application takes what has gathered whenever it likes. An application that
// never takes keeps no more than the present view: when too many events wait, they are dropped and
// the next batch says `resynced`. Thread rule: all calls may come from any thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "detector/result.hpp"
#include "membership/client.hpp"

namespace memberd {

class Reader {
  public:
    // Events that wait to be taken.
    static constexpr std::size_t kWaitingMax = 10'000;

    struct Taken {
        Batch batch;
        View view;  // after the batch
        bool is_current = false;
    };

    static Result<std::unique_ptr<Reader>> start(const std::string& runtime_dir);

    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    // Ends the thread; takes a tenth of a second at most.
    ~Reader();

    // What has happened since the last call; waits for something, `timeout` at most. Copies the
    // view: O(members).
    Taken take(std::chrono::milliseconds timeout);

  private:
    struct Shared;

    explicit Reader(std::unique_ptr<Shared> shared);

    std::unique_ptr<Shared> shared_;
};

}  // namespace memberd
