using System.CommandLine;
using Spectre.Console;
using XrdCt.Live.Server.Configuration;

namespace XrdCt.Live.Server.Commands;

/// <summary>Where the table of a benchmark goes.</summary>
internal sealed class BenchOutput
{
    private readonly Option<string?> _output = new("--output") { Description = "Markdown file [default: standard output]" };
    private readonly Option<bool> _overwrite = new("--overwrite") { Description = "Replace the file if it exists" };

    /// <summary>The options.</summary>
    public IReadOnlyList<Option> Options => [_output, _overwrite];

    /// <summary>Runs a benchmark and writes its text.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="run">Gets the command as a text, and whom to tell the row that is timed; returns the text.</param>
    /// <param name="stop">Whether it was cut short.</param>
    /// <returns>The exit code.</returns>
    public int Write(ParseResult parsed, Func<string, Action<string>, string> run, CancellationToken stop)
    {
        string? output = parsed.GetValue(_output);
        if (output is not null && File.Exists(output) && !parsed.GetValue(_overwrite))
        {
            throw new UserException($"{output} exists: choose another --output, or --overwrite");
        }

        try
        {
            bool isShown = output is not null && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;
            string text = run($"xrdct {string.Join(' ', parsed.Tokens.Select(t => t.Value))}", row => Say(isShown, row));
            if (output is null)
            {
                Console.Out.Write(text);
            }
            else
            {
                File.WriteAllText(output, text);
                Console.Out.WriteLine(output);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or ArgumentException)
        {
            throw new UserException(SetUp.Sentence(e), e);
        }

        return stop.IsCancellationRequested ? 1 : 0;
    }

    private static void Say(bool isShown, string row)
    {
        if (isShown)
        {
            Console.Out.WriteLine($"{row} …");
        }
    }
}
