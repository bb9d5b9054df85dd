using System.Text.Json;

namespace XrdCt.Live.EndToEnd.Tests.Programs;

/// <summary>What a program left behind.</summary>
internal sealed record FinishedProgram(string Name, int ExitCode, string Output, string Errors)
{
    /// <summary>The one JSON document on standard output.</summary>
    public JsonElement Json()
    {
        try
        {
            return JsonDocument.Parse(Output).RootElement;
        }
        catch (JsonException e)
        {
            throw new InvalidOperationException($"{this}: standard output is not one JSON document ({e.Message})", e);
        }
    }

    /// <summary>Fails the test unless the program did what it was asked to.</summary>
    public FinishedProgram Succeeded()
    {
        Assert.True(ExitCode == 0, $"{this}");
        return this;
    }

    /// <summary>
    /// Fails the test unless the program failed as a program should: with the exit code, one sentence on standard error
    /// that
    /// holds all <paramref name="gist"/>, and no stack trace.
    /// </summary>
    public FinishedProgram FailedWith(int exitCode, params string[] gist)
    {
        Assert.True(ExitCode == exitCode, $"exit code {exitCode} expected: {this}");
        string[] lines = Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Assert.True(lines.Length == 1, $"one line of errors expected: {this}");
        Assert.StartsWith($"{Name}: ", lines[0]);
        Assert.DoesNotContain("Exception", Errors + Output);
        Assert.DoesNotContain("(Parameter", Errors);
        Assert.All(gist, part => Assert.Contains(part, lines[0]));
        return this;
    }

    public override string ToString() =>
        $"{Name} ended with {ExitCode}\n--- errors\n{Errors}\n--- output\n{Output}\n---";
}
