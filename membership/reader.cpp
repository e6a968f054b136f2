#include "membership/reader.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace memberd {

struct Reader::Shared {
    explicit Shared(Client c) : client(std::move(c)) {}

    void work();

    Client client;  // the thread's
    std::atomic<bool> is_ending = false;

    std::mutex mutex;
    std::condition_variable gathered;
    // Behind the mutex.
    Batch batch;
    View view;
    bool is_current = false;

    std::thread thread;
};

void Reader::Shared::work() {
    while (!is_ending) {
        Batch news = client.poll(std::chrono::milliseconds(100));
        const std::lock_guard lock(mutex);
        is_current = client.is_current();
        if (news.empty()) {
            continue;
        }
        view = client.view();
        const std::size_t waiting = batch.events.size() + news.events.size();
        if (news.resynced) {
            batch = std::move(news);
        } else if (waiting > kWaitingMax) {
            batch = Batch{};
            batch.resynced = true;
        } else {
            std::move(news.events.begin(), news.events.end(), std::back_inserter(batch.events));
        }
        gathered.notify_all();
    }
}

Reader::Reader(std::unique_ptr<Shared> shared) : shared_(std::move(shared)) {
    shared_->thread = std::thread([state = shared_.get()] { state->work(); });
}

Reader::~Reader() {
    shared_->is_ending = true;
    shared_->thread.join();
}

Result<std::unique_ptr<Reader>> Reader::start(const std::string& runtime_dir) {
    Result<Client> client = Client::open(runtime_dir);
    if (!client) {
        return client.error();
    }
    if (const Status following = client->follow(); !following) {
        return following.error();
    }
    return std::unique_ptr<Reader>(new Reader(std::make_unique<Shared>(*std::move(client))));
}

Reader::Taken Reader::take(std::chrono::milliseconds timeout) {
    std::unique_lock lock(shared_->mutex);
    shared_->gathered.wait_for(lock, timeout, [this] { return !shared_->batch.empty(); });
    return Taken{std::exchange(shared_->batch, Batch{}), shared_->view, shared_->is_current};
}

}  // namespace memberd
