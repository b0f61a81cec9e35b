/** conf/touchstone.yaml → validated, serializable records. Nothing else reads configuration. */
package dev.touchstone.jobs.settings;
