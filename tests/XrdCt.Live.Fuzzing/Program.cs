using System.CommandLine;
using XrdCt.Live.Fuzzing;

ParseResult parsed = new FuzzCommand().Build().Parse(args);
if (parsed.Errors.Count > 0)
{
    Console.Error.WriteLine($"xrdct-fuzz: {parsed.Errors[0].Message.TrimEnd('.')}; see xrdct-fuzz --help");
    return 2;
}

return parsed.Invoke();
