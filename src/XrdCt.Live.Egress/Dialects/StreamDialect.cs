using XrdCt.Live.Model.Frames;

namespace XrdCt.Live.Egress.Dialects;

/// <summary>One dialect that can be sent.</summary>
/// <param name="Name">Name in configurations and on command lines.</param>
/// <param name="Description">What it is, for people, a line.</param>
/// <param name="UsualEncoding">How its pixels are packed where nothing else is asked for.</param>
/// <param name="NewWriter">Makes a writer for it.</param>
public sealed record StreamDialect(string Name, string Description, PixelEncoding UsualEncoding, Func<IStreamWriter> NewWriter);
