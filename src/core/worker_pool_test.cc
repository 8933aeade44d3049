#include "core/worker_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>

namespace godwit::core {
namespace {

TEST(WorkerPool, DoesEverythingThatWasSubmittedBeforeItEnds) {
    std::atomic<int> done = 0;
    {
        WorkerPool pool(3);
        for (int i = 0; i < 100; ++i)
            pool.submit([&done] { ++done; });
    }
    EXPECT_EQ(done, 100);
}

TEST(WorkerPool, DoesAsManyTasksAtOnceAsItHasThreads) {
    std::barrier all(3);
    WorkerPool pool(2);
    EXPECT_EQ(pool.threads(), 2U);
    for (int i = 0; i < 2; ++i)
        pool.submit([&all] { all.arrive_and_wait(); });
    all.arrive_and_wait(); // it comes to its end only if both run
}

} // namespace
} // namespace godwit::core
