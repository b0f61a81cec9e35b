package dev.touchstone.cli;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code touchstone completion}: what a shell needs to complete commands and options. */
@Command(
    name = "completion",
    description = "Prints a completion script for bash or zsh, for touchstone and ./touchstone.",
    usageHelpAutoWidth = true,
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  source <(./touchstone completion bash)                     for this shell",
      "  ./touchstone completion bash >> ~/.bash_completion         for every bash",
      "  ./touchstone completion zsh > ~/.touchstone.zsh            and in ~/.zshrc:",
      "                                                             source ~/.touchstone.zsh"
    })
final class CompletionCommand implements Callable<Integer> {

  /** Shells that take it. */
  enum Shell {
    bash,
    zsh
  }

  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SHELL", description = "${COMPLETION-CANDIDATES}.")
  private Shell shell;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (shell == Shell.zsh) {
      // the script is bash's, which zsh takes once these are there
      out.println("autoload -U +X compinit && compinit");
      out.println("autoload -U +X bashcompinit && bashcompinit");
    }
    CommandLine all = Main.commandLine();
    out.print(AutoComplete.bash(all.getCommandName(), all));
    out.flush();
    return 0;
  }
}
