// SPDX-License-Identifier: Apache-2.0
package org.apvirt.running.http;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.Function;

import org.apvirt.running.ControlException;
import org.apvirt.running.Job;
import org.apvirt.running.Jobs;
import org.checkerframework.checker.nullness.qual.Nullable;

/**
 * Answers requests for what may have to wait: it is a job, and a request waits for it as long as its argument {@code wait} says,
 * and is then told where the job can be looked at.
 */
final class JobAnswers {
    private static final int DEFAULT_WAIT_SECONDS = 10;
    private static final int MOST_WAIT_SECONDS = 3600;

    private final Jobs jobs;

    JobAnswers(Jobs jobs) {
        this.jobs = jobs;
    }

    static Duration wait(Call call, int absent) throws ControlException {
        return call.seconds("wait", MOST_WAIT_SECONDS, Duration.ofSeconds(absent));
    }

    Answer job(Call call, String request, Callable<? extends @Nullable Object> work,
            Function<Object, Answer> answer) throws Exception {
        Duration wait = wait(call, DEFAULT_WAIT_SECONDS);
        return follow(jobs.start(request, work), wait, answer);
    }

    private static Answer follow(Job job, Duration wait, Function<Object, Answer> answer) throws InterruptedException {
        if (!job.await(wait)) {
            return Answer.json(202, Views.JobView.of(job), "/v1/jobs/" + job.id());
        }
        Throwable failure = job.failure();
        if (failure != null) {
            return Answer.of(Problem.of(failure));
        }
        Object result = job.result();
        return result == null ? Answer.nothing() : answer.apply(result);
    }

    /** What only looks is of no interest once it is over. */
    Answer look(Call call, String request, Callable<? extends @Nullable Object> work) throws Exception {
        Duration wait = wait(call, DEFAULT_WAIT_SECONDS);
        Job job = jobs.look(request, work);
        Answer answer = follow(job, wait, Answer::ok);
        jobs.forget(job);
        return answer;
    }
}
