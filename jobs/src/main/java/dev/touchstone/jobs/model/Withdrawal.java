package dev.touchstone.jobs.model;

/** Takes the trigger of that id back: nobody waits for its answer any more. */
public record Withdrawal(String triggerId) {}
